using System.Text.Json;
using EdgeRecorder.Health;
using EdgeRecorder.Tests.Health;

namespace EdgeRecorder.Tests.Api;

public sealed class HealthApiTests() : BoxTest("[ { \"name\": \"Gate\", \"url\": \"rtsp://h/1\" } ]")
{
    [Fact]
    public async Task Status_and_metrics_tell_what_the_hardware_says_and_null_where_it_says_nothing()
    {
        using var sys = new FakeSys(Path.Combine(Root, "sys"));
        sys.AddEmmc("0x09 0x01", "0x01");
        sys.Carries(Root, FakeSys.EmmcPartition);
        sys.SetZone(61_500);
        Box.Get<BoxHealth>().Read();
        (Box.Engine.DiskFaults, Box.Engine.QuarantinedSegments) = (3, 2);

        var status = await Box.Admin.GetAsync("/api/v1/status").BodyAsync();
        var health = status.GetProperty("health");
        const string Worn = "mmcblk0 has used up 90 % of its life", Quarantined = "3 disk fault(s); 2 segment(s) are not written any more";
        Assert.Equal($"{Quarantined}; {Worn}", status.GetProperty("fault").GetString());
        Assert.Equal([Quarantined, Worn], health.GetProperty("faults").EnumerateArray().Select(fault => fault.GetString()));
        var disk = Assert.Single(health.GetProperty("disks").EnumerateArray());
        Assert.Equal(("mmcblk0", 90, "normal", 1_024_000_000L), (disk.GetProperty("name").GetString(), disk.GetProperty("lifeUsedPercent").GetInt32(), disk.GetProperty("preEndOfLife").GetString(), disk.GetProperty("writtenBytes").GetInt64()));
        Assert.All(["ioErrors", "temperatureCelsius", "enduranceDays", "smart"], name => Assert.Equal(JsonValueKind.Null, disk.GetProperty(name).ValueKind));
        var sensor = Assert.Single(health.GetProperty("temperatures").EnumerateArray());
        Assert.Equal((61.5, 110), (sensor.GetProperty("celsius").GetDouble(), sensor.GetProperty("limitCelsius").GetDouble()));
        Assert.True(health.GetProperty("freeBytes").GetInt64() <= health.GetProperty("volumeBytes").GetInt64());
        Assert.Equal((3, 2), (health.GetProperty("diskFaults").GetInt32(), health.GetProperty("quarantinedSegments").GetInt32()));

        var metrics = await Box.Admin.GetStringAsync("/metrics");
        Assert.All(["edge_recorder_fault 1", "edge_recorder_disk_life_used_ratio{disk=\"mmcblk0\"} 0.9", "edge_recorder_disk_pre_end_of_life{disk=\"mmcblk0\"} 1", "edge_recorder_disk_written_bytes_total{disk=\"mmcblk0\"} 1024000000",
            "edge_recorder_temperature_celsius{sensor=\"cpu-thermal\"} 61.5", "edge_recorder_disk_faults_total 3", "edge_recorder_ring_quarantined_segments 2"], line => Assert.Contains($"\n{line}\n", metrics, StringComparison.Ordinal));
        Assert.DoesNotContain("edge_recorder_disk_io_errors_total{", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("edge_recorder_disk_temperature_celsius{", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_and_metrics_tell_what_a_disk_says_of_itself()
    {
        using var sys = new FakeSys(Path.Combine(Root, "sys"));
        sys.Write("devices/pci0000:00/nvme0/nvme0n1/size", "1953525168");
        sys.Carries(Root, "devices/pci0000:00/nvme0/nvme0n1");
        sys.Write("reports/nvme0n1.json", """
            {"model_name":"Disk of a kind","local_time":{"time_t":1790000000},"smart_status":{"passed":false},"power_on_time":{"hours":12},"temperature":{"current":41},
             "nvme_smart_health_information_log":{"critical_warning":1,"available_spare":7,"percentage_used":33,"media_errors":2}}
            """);
        Box.Get<BoxHealth>().Read();

        var status = await Box.Admin.GetAsync("/api/v1/status").BodyAsync();
        Assert.Equal("nvme0n1 warns (SMART): spare blocks run out", status.GetProperty("fault").GetString());
        var disk = Assert.Single(status.GetProperty("health").GetProperty("disks").EnumerateArray());
        Assert.Equal(("Disk of a kind", 33, 41), (disk.GetProperty("model").GetString(), disk.GetProperty("lifeUsedPercent").GetInt32(), disk.GetProperty("temperatureCelsius").GetDouble()));
        Assert.Equal("""{"readAt":"2026-09-21T14:13:20.000Z","passed":false,"warnings":["spare blocks run out"],"sparePercent":7,"reallocatedSectors":null,"pendingSectors":null,"uncorrectableErrors":2,"powerOnHours":12,"problem":null}""",
            disk.GetProperty("smart").GetRawText());
        var metrics = await Box.Admin.GetStringAsync("/metrics");
        Assert.All(["edge_recorder_disk_smart_passed{disk=\"nvme0n1\"} 0", "edge_recorder_disk_spare_ratio{disk=\"nvme0n1\"} 0.07", "edge_recorder_disk_life_used_ratio{disk=\"nvme0n1\"} 0.33",
            "edge_recorder_disk_uncorrectable_errors_total{disk=\"nvme0n1\"} 2", "edge_recorder_disk_power_on_seconds_total{disk=\"nvme0n1\"} 43200"], line => Assert.Contains($"\n{line}\n", metrics, StringComparison.Ordinal));
        Assert.DoesNotContain("edge_recorder_disk_pending_sectors{", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_hardware_that_speaks_there_is_no_fault_and_no_figure()
    {
        Box.Get<BoxHealth>().Read();
        var status = await Box.Admin.GetAsync("/api/v1/status").BodyAsync();
        Assert.Equal("", status.GetProperty("fault").GetString());
        Assert.All(["faults", "disks", "temperatures"], name => Assert.Empty(status.GetProperty("health").GetProperty(name).EnumerateArray()));
    }
}
