# Logical processors, memory and the space on the system drive.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$computer = Get-CimInstance -ClassName 'Win32_ComputerSystem'
$drive = Get-CimInstance -ClassName 'Win32_LogicalDisk' -Filter "DeviceID='$env:SystemDrive'"
$answer = @{
  cpus = [int]$computer.NumberOfLogicalProcessors
  memoryBytes = [long]$computer.TotalPhysicalMemory
  freeBytes = [long]$drive.FreeSpace
  totalBytes = [long]$drive.Size
}
ConvertTo-Json -Compress -InputObject $answer
