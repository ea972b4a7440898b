using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeRecorder.Simulators;

/// <summary>Takes one command per line and answers each with one line.</summary>
internal sealed class ControlPort : IDisposable
{
    private readonly Func<string, Task<string>> _execute;
    private readonly TcpListener _listener;

    public ControlPort(IPEndPoint at, Func<string, Task<string>> execute)
    {
        _execute = execute;
        _listener = new TcpListener(at);
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(stop), stop);
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        using (client)
        {
            client.NoDelay = true;
            var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
            using var reader = new StreamReader(client.GetStream(), utf8);
            await using var writer = new StreamWriter(client.GetStream(), utf8) { AutoFlush = true, NewLine = "\n" };
            try
            {
                while (await reader.ReadLineAsync(stop) is { } line)
                    await writer.WriteLineAsync((await _execute(line)).AsMemory(), stop);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // Whoever commanded has gone, or the simulator ends.
            }
        }
    }
}
