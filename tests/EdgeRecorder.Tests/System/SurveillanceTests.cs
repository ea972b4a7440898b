using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Devices.Surveillance;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Surveillance devices before the daemon: who comes in, what the API shows of them, and what outlives a restart.</summary>
[Collection(SecondDaemon.Name)]
public sealed class SurveillanceTests
{
    private const string Id = SurveillanceRig.Id;

    [Fact]
    public async Task A_device_registers_shows_its_cameras_and_is_still_there_after_a_restart()
    {
        using var setup = new DaemonSetup().WithSurveillance(("password", SurveillanceRig.Password));
        await using var peer = Peer(setup);
        peer.Answers = SurveillancePeer.With(new CatalogItem(SurveillanceRig.Camera) { Name = "前门", IsParent = false, IsOnline = true }, new CatalogItem("3402") { Name = "District" });
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            Assert.Contains(daemon.Log, line => line.Contains($"surveillance devices 127.0.0.1:{setup.SurveillancePort}", StringComparison.Ordinal));
            Assert.Equal(200, (await peer.RegisterAsync()).Status);
            var device = await daemon.DeviceAsync(Id, d => d.GetProperty("channels").GetArrayLength() == 1);
            Assert.Equal(("gb28181", "approved", true, "2.0", "Yard", "Acme", false), (Text(device, "protocol"), Text(device, "state"), device.GetProperty("connected").GetBoolean(), Text(device, "version"),
                Text(device, "name"), Text(device, "manufacturer"), device.GetProperty("ownPassword").GetBoolean()));
            var id = Text(device, "id");
            var entries = (await daemon.GetAsync($"/api/v1/devices/{id}/catalog")).EnumerateArray().ToList();
            Assert.Equal([(SurveillanceRig.Camera, true, "前门"), ("3402", false, "District")], entries.Select(e => (Text(e, "channel"), e.GetProperty("camera").GetBoolean(), Text(e, "name"))));
            Assert.Equal((Text(device.GetProperty("channels")[0], "id"), null), (Text(entries[0], "id"), entries[1].GetProperty("id").GetString()));
            Assert.Single((await daemon.GetAsync($"/api/v1/devices/{id}/catalog?camera=true&limit=1")).EnumerateArray());
            var asked = await daemon.Http.PostAsync($"/api/v1/devices/{id}/catalog", null).BodyAsync();
            Assert.Equal((2, 1, 2, true), (asked.GetProperty("entries").GetInt32(), asked.GetProperty("cameras").GetInt32(), asked.GetProperty("said").GetInt32(), asked.GetProperty("complete").GetBoolean()));
            var metrics = await daemon.Http.GetStringAsync("/metrics");
            Assert.Contains("\nedge_recorder_gb_devices 1\n", metrics, StringComparison.Ordinal);
            Assert.Contains("\nedge_recorder_sip_refused_total{why=\"stranger\"} 0\n", metrics, StringComparison.Ordinal);
            Assert.Empty(daemon.Errors);
            Assert.Equal(0, await daemon.StopAsync());
        }
        await using var again = await DaemonProcess.StartAsync(setup);
        await again.DeviceAsync(Id, d => d.GetProperty("connected").GetBoolean());
        Assert.Equal(200, (await peer.KeepAliveAsync()).Status);
        Assert.Empty(again.Errors);
        Assert.Equal(0, await again.StopAsync());
    }

    [Fact]
    public async Task Without_a_password_the_port_stays_closed_until_a_device_is_given_one()
    {
        using var setup = new DaemonSetup().WithSurveillance();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using (var ours = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
            ours.Bind(new IPEndPoint(IPAddress.Loopback, setup.SurveillancePort));
        Assert.Contains("password", await daemon.Http.PostAsync("/api/v1/devices", Requests.Json("""{"protocol":"jt808","identity":"13900000001","password":"x"}""")).ProblemAsync(400), StringComparison.Ordinal);
        var added = await daemon.Http.PostAsync("/api/v1/devices", Requests.Json($$"""{"protocol":"gb28181","identity":"{{Id}}","password":"mine"}""")).BodyAsync(HttpStatusCode.Created);
        Assert.True(added.GetProperty("ownPassword").GetBoolean());
        Assert.DoesNotContain("mine", added.ToString(), StringComparison.Ordinal);
        await using var peer = Peer(setup);
        Assert.Equal(403, (await peer.RegisterAsync()).Status);
        peer.Password = "mine";
        Assert.Equal(200, (await peer.RegisterAsync()).Status);
        await daemon.ChangeDeviceAsync(Id, """{"password":"other"}""");
        Assert.Equal(403, (await peer.KeepAliveAsync()).Status);
        await using var stranger = new SurveillancePeer(ScriptedPeer.Udp(setup.SurveillancePort, "127.0.0.1"), "34020000001180000002", "mine");
        Assert.Equal(403, (await stranger.RegisterAsync()).Status);
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    private static SurveillancePeer Peer(DaemonSetup setup) => new(ScriptedPeer.Udp(setup.SurveillancePort, "127.0.0.1"), Id, SurveillanceRig.Password);

    private static string Text(System.Text.Json.JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
