# Drives of the machine's own disks, with their free space.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$disks = @(Get-CimInstance -ClassName 'Win32_LogicalDisk' -Filter 'DriveType=3')
$drives = @($disks | ForEach-Object { @{ name = [string]$_.DeviceID; freeBytes = [long]$_.FreeSpace } })
ConvertTo-Json -Compress -InputObject @{ drives = $drives }
