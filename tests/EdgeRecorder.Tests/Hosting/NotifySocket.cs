using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Tests.Hosting;

/// <summary>systemd's end of the socket that a service reports to.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifySocket()
    {
        Name = $"@edge-recorder-test-{Guid.NewGuid():N}";
        _socket.Bind(new UnixDomainSocketEndPoint("\0" + Name[1..]));
    }

    /// <summary>As NOTIFY_SOCKET has it: an abstract name.</summary>
    public string Name { get; }

    public SystemdNotify Notify(TimeSpan? watchdog) => new(Name, watchdog);

    /// <summary>All that has come and was not read yet, without waiting.</summary>
    public List<string> Drain()
    {
        List<string> said = [];
        while (_socket.Available > 0)
            said.Add(Receive());
        return said;
    }

    /// <summary>The next message that is <paramref name="wanted"/>; others are passed over.</summary>
    public async Task<string> NextAsync(Func<string, bool> wanted, TimeSpan deadline)
    {
        using var late = new CancellationTokenSource(deadline);
        var buffer = new byte[1000];
        while (true)
        {
            var message = Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, late.Token));
            if (wanted(message))
                return message;
        }
    }

    public void Dispose() => _socket.Dispose();

    private string Receive()
    {
        var buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, _socket.Receive(buffer));
    }
}
