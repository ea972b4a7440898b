using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Platform.Tests.Linux;

public sealed class SystemdNotifyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_state_is_one_datagram_to_the_socket_that_systemd_named(bool abstractName)
    {
        var name = abstractName ? $"@edge-recorder-test-{Guid.NewGuid():N}" : Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        systemd.Bind(new UnixDomainSocketEndPoint(abstractName ? "\0" + name[1..] : name));
        var notify = new SystemdNotify(name, null);
        notify.Ready();
        notify.Alive();
        notify.Stopping();
        Assert.Equal(["READY=1", "WATCHDOG=1", "STOPPING=1"], [Receive(systemd), Receive(systemd), Receive(systemd)]);
        File.Delete(name);
    }

    [Fact]
    public void Without_systemd_nothing_happens() => new SystemdNotify(null, null).Ready();

    [Fact]
    public void The_kernel_clocks_advance_and_agree_with_the_wall()
    {
        var before = KernelClock.BoottimeUs;
        Assert.InRange(KernelClock.BoottimeUs - before, 0, 60_000_000);
        Assert.InRange(KernelClock.RealtimeUs / 1_000_000, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 5, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 5);
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
