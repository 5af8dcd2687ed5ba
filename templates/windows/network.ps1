# Interfaces with their addresses, and default routes.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Console]::OutputEncoding = New-Object -TypeName 'System.Text.UTF8Encoding' -ArgumentList @($false)
$addresses = @(Get-NetIPAddress)
$interfaces = @(Get-NetIPInterface | Group-Object -Property 'InterfaceAlias' | ForEach-Object {
  $alias = $_.Name
  $own = @($addresses | Where-Object { $_.InterfaceAlias -eq $alias })
  $connected = @($_.Group | Where-Object { [int]$_.ConnectionState -eq 1 })
  @{
    name = [string]$alias
    up = [bool]($connected.Count -gt 0)
    addresses = @($own | ForEach-Object { ($_.IPAddress -replace '%.*$', '') + '/' + [string]$_.PrefixLength })
  }
})
$everything = @('0.0.0.0/0', '::/0')
$routes = @(Get-NetRoute | Where-Object { $everything -contains $_.DestinationPrefix } | ForEach-Object {
  @{
    destination = [string]$_.DestinationPrefix
    interface = [string]$_.InterfaceAlias
    gateway = [string]$_.NextHop
    metric = [int]$_.RouteMetric + [int]$_.InterfaceMetric
  }
})
ConvertTo-Json -Compress -Depth 4 -InputObject @{ interfaces = $interfaces; routes = $routes }
