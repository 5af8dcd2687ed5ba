/** The first line of every page, for pages in `docs/`. */
export const GET_EDGEADM =
  '**Get edgeadm:** `curl -fLo edgeadm https://files.example.com/edgeadm-linux-amd64 && chmod +x edgeadm && mv edgeadm /usr/local/bin/` (as root; `files.example.com` stands for the server that has your [release files](install.md)). In a checkout: `npm ci && npm run build`, then `export PATH="$PWD/bin:$PATH"`.';
