# Removes container networks by the ids in the list "ids" of the input, with what is attached to them.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$request = [Console]::In.ReadToEnd() | ConvertFrom-Json
foreach ($id in @($request.ids)) {
  $network = Get-HnsNetwork | Where-Object { $_.ID -eq $id }
  if ($network) {
    Get-HnsEndpoint | Where-Object { $_.VirtualNetwork -eq $id } | Remove-HnsEndpoint
    $network | Remove-HnsNetwork
  }
}
ConvertTo-Json -Compress -InputObject @{ done = $true }
