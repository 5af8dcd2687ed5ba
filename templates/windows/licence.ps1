# State of the licence of Windows: 1 is licensed. The id is that of Windows among all products.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$windows = "ApplicationId='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL"
$products = @(Get-CimInstance -ClassName 'SoftwareLicensingProduct' -Filter $windows)
$states = @($products | ForEach-Object { [int]$_.LicenseStatus })
ConvertTo-Json -Compress -InputObject @{ states = $states }
