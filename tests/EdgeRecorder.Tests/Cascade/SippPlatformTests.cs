using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Configuration;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Storage;

namespace EdgeRecorder.Tests.Cascade;

/// <summary>SIPp, which others wrote, as the platform above: it checks our Digest, calls a channel, and hangs up.</summary>
public sealed class SippPlatformTests
{
    [Theory]
    [InlineData("u1")]
    [InlineData("t1")]
    public async Task SIPp_is_registered_with_calls_a_channel_and_hangs_up(string transport)
    {
        await using var rig = new CascadeRig();
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.G711A));
        rig.Recorder.Recent.AddRange(feed.Fragments);
        using var media = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        media.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = FreePorts.Take();
        await using var box = rig.Make(new PlatformOptions
        {
            ServerId = CascadeRig.ServerId, Host = "127.0.0.1", Port = port, DeviceId = CascadeRig.DeviceId, Password = CascadeRig.Password,
            Transport = transport == "u1" ? PlatformTransport.Udp : PlatformTransport.Tcp,
        });
        box.Start();
        var sipp = Tool.TryAsync("sipp", $"127.0.0.1:{box.Port}", "-i", "127.0.0.1", "-p", Text(port), "-t", transport, "-m", "1", "-nostdin", "-timeout", "50s", "-timeout_error",
            "-key", "upper_port", Text(((IPEndPoint)media.LocalEndPoint!).Port), "-sf", Repository.Path("tests/data/sipp/upper.xml"));
        var packet = new byte[2048];
        var received = media.ReceiveAsync(packet.AsMemory()).AsTask();
        Assert.True(await Task.WhenAny(received, sipp) == received, sipp.IsCompleted ? $"SIPp ended: {(await sipp).Errors}" : "");
        Assert.Equal((0x80, 96), (packet[0], packet[1] & 0x7F));
        Assert.Equal([0x0B, 0xEB, 0xC2, 0x01, 0, 0, 1, 0xBA], packet.Skip(8).Take(8).ToArray());      // SSRC 0200000001, then a pack
        var (exitCode, output, errors) = await sipp;
        Assert.True(exitCode == 0, $"SIPp ended with {exitCode}: {errors} {System.Text.Encoding.UTF8.GetString(output)}");
        Wait.Until(() => box.Figures[0] is { Calls: 0, CallsBegun: 1 });
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
