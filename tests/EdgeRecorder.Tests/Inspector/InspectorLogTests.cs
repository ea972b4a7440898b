using System.Globalization;
using System.Text.Json;
using EdgeRecorder.Tests.Conformance.Inspector;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Inspector;

/// <summary>What lies beside a master recording.</summary>
[Collection(FirstDaemon.Name)]
public sealed class InspectorLogTests
{
    private const string Sim = "13912345678";

    [Fact]
    public async Task Positions_of_vehicles_and_what_happens_to_them_lie_beside_the_master_recording()
    {
        using var setup = new DaemonSetup().WithVehicles().WithInspector();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--position", "1");
        using var client = new InspectorClient(setup);
        await daemon.AwaitFootageAsync($"{Sim}_1", TimeSpan.FromSeconds(2));
        await daemon.DeviceAsync(Sim, device => device.GetProperty("position").ValueKind == JsonValueKind.Object);
        await client.DoAsync("startrecording");
        await daemon.WaitAsync(() => Task.FromResult(client.Files("", ".csv")), files => files.Count == 1, "the table");
        await terminal.CommandAsync("alarm 20000000 2");    // collision
        var events = await daemon.WaitAsync(() => Task.FromResult(client.Files("", ".json")), files => files.Count > 0, "the event");
        var table = Path.Combine(client.Root, client.Files("", ".csv")[0]);
        var lines = await daemon.WaitAsync(() => File.ReadAllLinesAsync(table), lines => lines.Length >= 4 && lines[^1].Split(',').Length == 11, "three rows");
        await client.DoAsync("stoprecording");

        Assert.Equal("utc,device,name,latitude,longitude,altitude_m,speed_km_h,heading_deg,valid,ignition,position_utc", lines[0]);
        Assert.All(lines[1..], line =>
        {
            var fields = line.Split(',');
            Assert.Equal((11, Sim), (fields.Length, fields[1]));
            Assert.NotEqual(0, double.Parse(fields[3], CultureInfo.InvariantCulture));
            Assert.True(DateTimeOffset.Parse(fields[0], CultureInfo.InvariantCulture) >= DateTimeOffset.Parse(fields[10], CultureInfo.InvariantCulture).AddSeconds(-5));
        });
        Assert.EndsWith("@current.csv", table, StringComparison.Ordinal);
        using var note = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(client.Root, events[0])));
        Assert.Equal(("collision", Sim), (note.RootElement.GetProperty("Kind").GetString(), note.RootElement.GetProperty("Device").GetString()));
        // Beside the recording, in the directory of its start.
        Assert.Equal(Path.GetDirectoryName(client.Files("")[0]), Path.GetDirectoryName(events[0]));
        Assert.Equal(Path.GetDirectoryName(client.Files("")[0]), Path.GetDirectoryName(Path.GetRelativePath(client.Root, table)));
        Assert.Empty(daemon.Errors);
    }
}
