using System.Text;
using System.Text.Json.Nodes;
using EdgeRecorder.Health;

namespace EdgeRecorder.Tests.Health;

/// <summary>Reports of smartctl 7.3 on the drives that QEMU 7.2 emulates (`reports`), as they are and with what an ageing drive says.</summary>
public sealed class SmartReportTests : IDisposable
{
    private const string Nvme = "nvme_smart_health_information_log";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static string Golden(string disk) => Repository.Path($"tests/EdgeRecorder.Tests/Health/reports/{disk}.json");

    private static SmartReport Changed(string disk, Action<JsonNode> change)
    {
        var report = JsonNode.Parse(File.ReadAllBytes(Golden(disk)))!;
        change(report);
        return SmartReport.Parse(Encoding.UTF8.GetBytes(report.ToJsonString()));
    }

    /// <summary>An attribute as smartctl lists it.</summary>
    private static JsonObject Attribute(int id, string name, int value, long raw) => new() { ["id"] = id, ["name"] = name, ["value"] = value, ["raw"] = new JsonObject { ["value"] = raw, ["string"] = $"{raw}" } };

    private static JsonObject Statistics(int page, int offset, long value, bool valid = true)
        => new() { ["pages"] = new JsonArray(new JsonObject { ["number"] = page, ["table"] = new JsonArray(new JsonObject { ["offset"] = offset, ["value"] = value, ["flags"] = new JsonObject { ["valid"] = valid } }) }) };

    [Fact]
    public void An_NVMe_drive_tells_verdict_spare_blocks_and_wear()
    {
        var report = SmartReport.Read(Golden("nvme"))!;
        Assert.Equal(("QEMU NVMe Ctrl", true, 0, 0, 0L), (report.Model, report.Passed, report.LifeUsedPercent, report.SparePercent, report.UncorrectableErrors));
        Assert.Empty(report.Warnings);
        Assert.Equal((null, null, null), (report.ReallocatedSectors, report.PendingSectors, report.Problem));
        Assert.Equal(50, report.TemperatureCelsius);
        Assert.InRange(report.ReadAt!.Value, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void A_SATA_drive_tells_verdict_and_sectors()
    {
        var report = SmartReport.Read(Golden("sata"))!;
        Assert.Equal(("QEMU HARDDISK", true, 0L, 31.0, 1L), (report.Model, report.Passed, report.ReallocatedSectors, report.TemperatureCelsius, report.PowerOnHours));
        Assert.Equal((null, null, null, null), (report.LifeUsedPercent, report.SparePercent, report.PendingSectors, report.Problem));
    }

    [Theory]
    [InlineData(1, "spare blocks run out")]
    [InlineData(4 + 8, "reliability is degraded, it is read-only")]
    [InlineData(2 + 16 + 32, "too hot or too cold, its buffer is not saved when the power fails, its persistent memory is read-only")]
    [InlineData(64, "")]
    public void Warnings_of_an_NVMe_controller_are_told_in_words(int bits, string warnings)
        => Assert.Equal(warnings, string.Join(", ", Changed("nvme", report => report[Nvme]!["critical_warning"] = bits).Warnings));

    [Fact]
    public void Wear_of_an_SSD_is_the_standards_statistic_and_without_it_an_attribute_that_says_what_is_left()
    {
        Assert.Equal(104, Changed("nvme", report => report[Nvme]!["percentage_used"] = 104).LifeUsedPercent);
        Assert.Equal(12, Changed("sata", report => report["ata_device_statistics"] = Statistics(7, 8, 12)).LifeUsedPercent);
        void Attributes(JsonNode report) => report["ata_smart_attributes"]!["table"] = new JsonArray(Attribute(177, "Wear_Leveling_Count", 37, 1890), Attribute(197, "Current_Pending_Sector", 100, 8), Attribute(187, "Reported_Uncorrect", 100, 3), Attribute(5, "Reallocated_Sector_Ct", 99, 16));
        var worn = Changed("sata", Attributes);
        Assert.Equal((63, 16L, 8L, 3L), (worn.LifeUsedPercent, worn.ReallocatedSectors, worn.PendingSectors, worn.UncorrectableErrors));
        Assert.Equal(63, Changed("sata", report => { Attributes(report); report["ata_device_statistics"] = Statistics(7, 8, 12, valid: false); }).LifeUsedPercent);
        Assert.Equal(5, Changed("sata", report => { Attributes(report); report["ata_device_statistics"] = Statistics(4, 8, 5); }).UncorrectableErrors);
        // 200 is a normalized value too, of drives that count otherwise.
        Assert.Null(Changed("sata", report => report["ata_smart_attributes"]!["table"] = new JsonArray(Attribute(177, "Wear_Leveling_Count", 200, 1))).LifeUsedPercent);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"model_name\":\"half")]
    public void A_report_that_is_no_JSON_is_a_problem_that_names_the_file(string text)
    {
        var file = Path.Combine(_directory.Path, "sda.json");
        File.WriteAllText(file, text);
        Assert.StartsWith($"{file}: ", SmartReport.Read(file)!.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"smart_status\":7,\"ata_smart_attributes\":{\"table\":[1,{\"id\":\"5\"},null]},\"local_time\":{\"time_t\":1e300},\"model_name\":null,\"nvme_smart_health_information_log\":[]}")]
    public void What_has_another_shape_is_null(string text)
    {
        var report = SmartReport.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(new SmartReport(null, null, null, report.Warnings, null, null, null, null, null, null, null, null), report);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Where_a_disk_cannot_be_asked_smartctl_says_why()
    {
        const string Refused = """{"smartctl":{"messages":[{"string":"/dev/sda: Unknown USB bridge [0x0bda:0x9201]","severity":"error"},{"string":"try another","severity":"information"}],"exit_status":1}}""";
        Assert.Equal("/dev/sda: Unknown USB bridge [0x0bda:0x9201]", SmartReport.Parse(Encoding.UTF8.GetBytes(Refused)).Problem);
    }

    [Fact]
    public void Without_a_report_there_is_none_and_an_endless_one_is_not_read()
    {
        var file = Path.Combine(_directory.Path, "sda.json");
        Assert.Null(SmartReport.Read(file));
        using (var endless = File.Create(file))
            endless.SetLength(2 << 20);
        Assert.Contains("2097152 bytes", SmartReport.Read(file)!.Problem, StringComparison.Ordinal);
    }
}
