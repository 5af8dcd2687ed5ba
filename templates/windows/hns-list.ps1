# Names, types and ids of the host's container networks.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$networks = @(Get-HnsNetwork | ForEach-Object { @{ id = [string]$_.ID; name = [string]$_.Name; type = [string]$_.Type } })
ConvertTo-Json -Compress -InputObject @{ networks = $networks }
