# Lends the named pipe to one connection on the loopback address, which has to begin with the secret that is printed.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$both = [System.IO.Pipes.PipeDirection]::InOut
$asynchronous = [System.IO.Pipes.PipeOptions]::Asynchronous
$pipe = New-Object -TypeName 'System.IO.Pipes.NamedPipeClientStream' -ArgumentList @('.', '{{name}}', $both, $asynchronous)
$pipe.Connect(5000)
$listener = New-Object -TypeName 'System.Net.Sockets.TcpListener' -ArgumentList @([System.Net.IPAddress]::Loopback, 0)
$listener.ExclusiveAddressUse = $true
$listener.Start()
$secret = [guid]::NewGuid().ToString('N')
[Console]::Out.WriteLine('{"port":' + [string]$listener.LocalEndpoint.Port + ',"secret":"' + $secret + '"}')
[Console]::Out.Flush()
$deadline = [DateTime]::UtcNow.AddSeconds(20)
$client = $null
while (-not $client) {
  $accepting = $listener.AcceptTcpClientAsync()
  $left = [int]($deadline - [DateTime]::UtcNow).TotalMilliseconds
  if (($left -le 0) -or (-not $accepting.Wait($left))) {
    exit 1
  }
  $stranger = $accepting.Result
  $stranger.ReceiveTimeout = 3000
  $said = New-Object -TypeName 'byte[]' -ArgumentList @(32)
  $got = 0
  try {
    do {
      $count = $stranger.GetStream().Read($said, $got, 32 - $got)
      $got = $got + $count
    } while (($count -gt 0) -and ($got -lt 32))
  } catch {
    $got = 0
  }
  if (($got -eq 32) -and ([System.Text.Encoding]::ASCII.GetString($said) -ceq $secret)) {
    $client = $stranger
  } else {
    $stranger.Close()
  }
}
$listener.Stop()
$client.NoDelay = $true
$stream = $client.GetStream()
$copies = [System.Threading.Tasks.Task[]]@($stream.CopyToAsync($pipe), $pipe.CopyToAsync($stream))
$first = [System.Threading.Tasks.Task]::WaitAny($copies)
$client.Close()
$pipe.Close()
