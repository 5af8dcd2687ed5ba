# Writes what was changed in the registry to the disk, where it otherwise is only after a while.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
foreach ($hive in @('SYSTEM', 'SOFTWARE')) {
  $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($hive)
  $key.Flush()
  $key.Close()
}
ConvertTo-Json -Compress -InputObject @{ done = $true }
