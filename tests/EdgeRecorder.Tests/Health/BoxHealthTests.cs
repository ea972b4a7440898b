using EdgeRecorder.Health;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Health;

/// <summary>What is read of a /sys, and what of that is a fault.</summary>
public sealed class BoxHealthTests : IDisposable
{
    private readonly FakeSys _sys = new();
    private readonly FakeEngine _engine = new();
    private readonly ManualTime _time = new();
    private TimeSpan _sinceBoot = TimeSpan.FromHours(12);

    public void Dispose() => _sys.Dispose();

    private BoxHealth Health(params WorkMark[] marks)
    {
        var health = new BoxHealth(_sys.Tree, _sys.Root, _engine, new Standstill(marks, _time), () => _sinceBoot);
        health.Read();
        return health;
    }

    private IReadOnlyList<string> Disks() => [.. DiskTree.Below(_sys.Tree, FileIdentity.Of(_sys.Root).Device).Select(disk => Path.GetFileName(disk))];

    [Fact]
    public void An_eMMC_tells_its_life_through_the_partition_that_is_mounted()
    {
        _sys.AddEmmc("0x03 0x01", "0x01");
        _sys.Carries(_sys.Root, FakeSys.EmmcPartition);
        var health = Health();
        Assert.Equal(new DiskReading("mmcblk0", "DG4064", 122_142_720L * 512, 30, PreEndOfLife.Normal, null, null, 1_024_000_000, 2_048_000_000, null), Assert.Single(health.Reading!.Disks));
        Assert.Empty(health.Faults);
        Assert.True(health.Reading.VolumeBytes >= health.Reading.FreeBytes && health.Reading.FreeBytes > 0);
    }

    [Theory]
    [InlineData("0x08 0x01", "0x01", null)]
    [InlineData("0x09 0x01", "0x01", "mmcblk0 has used up 90 % of its life")]
    [InlineData("0x01 0x0b", "0x01", "mmcblk0 has used up 100 % of its life")]
    [InlineData("0x02 0x02", "0x02", "mmcblk0 has used up most of the blocks that replace worn ones")]
    [InlineData("0x02 0x02", "0x03", "mmcblk0 has used up most of the blocks that replace worn ones")]
    [InlineData("0x00 0x00", "0x00", null)]
    public void Near_the_end_of_its_life_a_disk_is_a_fault(string lifeTime, string preEol, string? fault)
    {
        _sys.AddEmmc(lifeTime, preEol);
        _sys.Carries(_sys.Root, FakeSys.EmmcPartition);
        Assert.Equal(fault is null ? [] : [fault], Health().Faults);
    }

    [Fact]
    public void What_is_not_there_or_makes_no_sense_is_null_and_nothing_else()
    {
        _sys.AddEmmc("0x00 0x00", "0x00");
        _sys.Carries(_sys.Root, FakeSys.EmmcPartition);
        Assert.Equal((null, null), (Health().Reading!.Disks[0].LifeUsedPercent, Health().Reading!.Disks[0].PreEndOfLife));
        _sys.AddEmmc("broken", "0x99");
        _sys.Write("devices/platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0/stat", "12 13");
        _sinceBoot = TimeSpan.FromMinutes(59);
        Assert.Equal(new DiskReading("mmcblk0", "DG4064", 122_142_720L * 512, null, null, null, null, null, null, null), Health().Reading!.Disks[0]);
    }

    [Fact]
    public void An_hour_has_to_pass_before_writing_is_told_per_day()
    {
        _sys.AddEmmc("0x03 0x01", "0x01");
        _sys.Carries(_sys.Root, FakeSys.EmmcPartition);
        _sinceBoot = TimeSpan.FromMinutes(59);
        Assert.Null(Health().Reading!.Disks[0].WrittenBytesPerDay);
    }

    [Fact]
    public void Below_LUKS_on_a_mirror_are_the_two_disks_each_once()
    {
        foreach (var disk in new[] { "sda", "sdb" })
        {
            _sys.Write($"devices/pci0000:00/ata/{disk}/{disk}1/partition", "1");
            _sys.Write($"devices/pci0000:00/ata/{disk}/{disk}2/partition", "2");
        }
        foreach (var slave in new[] { "sda/sda1", "sda/sda2", "sdb/sdb1" })
            _sys.Link($"devices/virtual/block/md0/slaves/{Path.GetFileName(slave)}", $"devices/pci0000:00/ata/{slave}");
        _sys.Link("devices/virtual/block/dm-0/slaves/md0", "devices/virtual/block/md0");
        _sys.Carries(_sys.Root, "devices/virtual/block/dm-0");
        Assert.Equal(["sda", "sdb"], Disks());
    }

    [Fact]
    public void A_file_system_without_a_device_and_a_loop_of_links_have_no_disk()
    {
        Assert.Empty(Disks());
        _sys.Link("devices/virtual/block/dm-0/slaves/dm-0", "devices/virtual/block/dm-0");
        _sys.Carries(_sys.Root, "devices/virtual/block/dm-0");
        Assert.Empty(Disks());
    }

    [Fact]
    public void A_SATA_disk_tells_errors_and_temperature()
    {
        const string Disk = "devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0";
        _sys.Write($"{Disk}/model", "WDC WD10PURX-64E");
        _sys.Write($"{Disk}/ioerr_cnt", "0x1f");
        _sys.Write($"{Disk}/hwmon/hwmon3/name", "drivetemp");
        _sys.Write($"{Disk}/hwmon/hwmon3/temp1_input", "41000");
        _sys.Write($"{Disk}/hwmon/hwmon3/temp1_crit", "60000");
        _sys.Write($"{Disk}/block/sda/size", "1953525168");
        _sys.Link($"{Disk}/block/sda/device", Disk);
        _sys.Link("class/hwmon/hwmon3", $"{Disk}/hwmon/hwmon3");
        _sys.Carries(_sys.Root, $"{Disk}/block/sda");
        var health = Health();
        Assert.Equal(new DiskReading("sda", "WDC WD10PURX-64E", 1_000_204_886_016, null, null, 31, 41, null, null, null), Assert.Single(health.Reading!.Disks));
        Assert.Equal([new Temperature("drivetemp", 41, 60)], health.Reading.Temperatures);
        Assert.Empty(health.Faults);
        _sys.Write($"{Disk}/hwmon/hwmon3/temp1_input", "56000");
        Assert.Equal(["drivetemp is at 56 °C, its limit is 60 °C"], Health().Faults);
    }

    [Theory]
    [InlineData("{\"smart_status\":{\"passed\":true}}", null)]
    [InlineData("{\"smart_status\":{\"passed\":false}}", "sda says of itself that it fails (SMART)")]
    [InlineData("{\"smart_status\":{\"passed\":false},\"nvme_smart_health_information_log\":{\"critical_warning\":4}}", "sda warns (SMART): reliability is degraded")]
    [InlineData("{\"nvme_smart_health_information_log\":{\"percentage_used\":89}}", null)]
    [InlineData("{\"nvme_smart_health_information_log\":{\"percentage_used\":104}}", "sda has used up 104 % of its life")]
    [InlineData("no report", null)]
    public void What_a_disk_says_of_itself_by_SMART_is_a_fault(string report, string? fault)
    {
        _sys.Write("devices/pci0000:00/ata1/block/sda/size", "1953525168");
        _sys.Carries(_sys.Root, "devices/pci0000:00/ata1/block/sda");
        _sys.Write("reports/sda.json", report);
        _sys.Write("reports/sdb.json", "{\"smart_status\":{\"passed\":false}}");
        Assert.Equal(fault is null ? [] : [fault], Health().Faults);
        Assert.NotNull(Health().Reading!.Disks[0].Smart);
    }

    [Fact]
    public void Heat_is_one_fault_until_it_has_cooled_well_below_and_a_zone_is_not_told_twice()
    {
        _sys.SetZone(61_500);
        var health = Health();
        Assert.Equal([new Temperature("cpu-thermal", 61.5, 110)], health.Reading!.Temperatures);
        foreach (var (celsius, isFault) in new[] { (104, false), (105, true), (102, true), (101, true), (100, false), (104, false), (111, true) })
        {
            _sys.SetZone(celsius * 1000);
            health.Read();
            Assert.Equal(isFault ? [$"cpu-thermal is at {celsius} °C, its limit is 110 °C"] : [], health.Faults);
        }
    }

    [Fact]
    public void Two_sensors_of_one_name_are_told_apart_and_one_without_a_limit_is_never_too_hot()
    {
        foreach (var number in new[] { 1, 2 })
        {
            _sys.Write($"class/hwmon/hwmon{number}/name", "nvme");
            _sys.Write($"class/hwmon/hwmon{number}/temp1_label", "Composite");
            _sys.Write($"class/hwmon/hwmon{number}/temp1_input", "150000");
            _sys.Write($"class/hwmon/hwmon{number}/temp3_input", "-2000");
        }
        var health = Health();
        Assert.Equal([("nvme Composite", 150), ("nvme Composite 2", 150), ("nvme", -2), ("nvme 2", -2)], health.Reading!.Temperatures.Select(sensor => (sensor.Name, sensor.Celsius)));
        Assert.Empty(health.Faults);
    }

    [Fact]
    public void Volume_standstill_and_quarantine_are_faults_the_worst_first()
    {
        var mark = new WorkMark("ring sync");
        var standstill = new Standstill([mark], _time);
        var health = new BoxHealth(_sys.Tree, _sys.Root, _engine, standstill, () => _sinceBoot);
        Assert.Empty(health.Faults);
        using (mark.Begin())
        {
            standstill.Look();
            _time.Advance(TimeSpan.FromSeconds(31));
            standstill.Look();
            (_engine.DiskFaults, _engine.QuarantinedSegments) = (2, 1);
            Assert.Equal(["ring sync has stood for 31 s", "2 disk fault(s); 1 segment(s) are not written any more"], health.Faults);
            _engine.VolumeFault = "3 disk faults within an hour";
            Assert.Equal("3 disk faults within an hour; ring sync has stood for 31 s", health.Fault);
        }
    }

    [Fact]
    public void The_machine_that_runs_the_tests_can_be_read()
    {
        var health = new BoxHealth(new SysTree(), _sys.Root, _engine, new Standstill([], _time), () => _sinceBoot);
        health.Read();
        Assert.All(health.Reading!.Disks, disk => Assert.True(disk.SizeBytes > 0, disk.ToString()));
        Assert.True(health.Reading.VolumeBytes > 0);
    }
}
