using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EdgeRecorder.Platform.Linux;

/// <summary>
/// Tells systemd what the service does: datagrams to the socket that NOTIFY_SOCKET names (sd_notify(3)). Without that variable nothing is sent.
/// </summary>
public sealed class SystemdNotify(string? socketPath, TimeSpan? watchdog)
{
    /// <summary>How often systemd wants to hear from us; null when it does not watch this process.</summary>
    public TimeSpan? Watchdog => watchdog;

    /// <summary>As the environment says; WATCHDOG_USEC counts only when WATCHDOG_PID is ours or missing.</summary>
    public static SystemdNotify FromEnvironment()
    {
        var pid = Environment.GetEnvironmentVariable("WATCHDOG_PID");
        var ours = pid is null || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var period = ours && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds) : (TimeSpan?)null;
        return new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), period);
    }

    /// <summary>All listeners are open and channels run.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>The last sync is under way.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <summary>Still starting, and why it takes so long: systemd waits for at least <paramref name="more"/> from now on.</summary>
    public void Starting(string why, TimeSpan more) => Send(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)more.TotalMicroseconds}\nSTATUS={why}"));

    /// <summary>What `systemctl status` shows; one line.</summary>
    public void Status(string line) => Send($"STATUS={line}");

    /// <summary>Alive.</summary>
    public void Alive() => Send("WATCHDOG=1");

    /// <exception cref="SocketException">systemd's socket does not answer.</exception>
    private void Send(string state)
    {
        if (string.IsNullOrEmpty(socketPath))
            return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        // A leading @ stands for the zero byte of Linux' abstract names.
        socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(socketPath[0] == '@' ? "\0" + socketPath[1..] : socketPath));
    }
}
