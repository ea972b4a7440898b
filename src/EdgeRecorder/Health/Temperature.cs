using System.Globalization;

namespace EdgeRecorder.Health;

/// <summary>One sensor of the box.</summary>
/// <param name="LimitCelsius">Where the kernel switches the machine off or the chip's maker draws the line; null: neither says one.</param>
internal sealed record Temperature(string Name, double Celsius, double? LimitCelsius)
{
    private const double Margin = 5;                        // kelvins below the limit: behind it nobody can be told any more

    public bool IsTooHigh => Celsius >= LimitCelsius - Margin;

    /// <summary>So far below that the fault is over: a reading that goes to and fro is one fault.</summary>
    public bool HasCooled => !(Celsius > LimitCelsius - 2 * Margin);

    /// <summary>All of them: the thermal zones, and sensors of hwmon that are not the same again.</summary>
    public static IReadOnlyList<Temperature> All(SysTree sys)
    {
        List<Temperature> all = [];
        foreach (var zone in SysTree.Folders(sys.File("class", "thermal"), "thermal_zone*"))
            if (SysTree.Number(zone, "temp") is { } milli)
                all.Add(new(SysTree.Text(zone, "type") ?? Path.GetFileName(zone), milli / 1000.0, Critical(zone)));
        foreach (var chip in SysTree.Folders(sys.File("class", "hwmon"), "hwmon*").Where(chip => !File.Exists(Path.Combine(chip, "device", "temp"))))
            all.AddRange(Of(chip));
        // Two disks of a kind have sensors of one name.
        return [.. all.GroupBy(sensor => sensor.Name).SelectMany(same => same.Select((sensor, i) => i == 0 ? sensor : sensor with { Name = string.Create(CultureInfo.InvariantCulture, $"{sensor.Name} {i + 1}") }))];
    }

    /// <summary>Those of a chip of hwmon that answer.</summary>
    public static IEnumerable<Temperature> Of(string chip)
    {
        foreach (var input in Directory.EnumerateFiles(chip, "temp*_input").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
            if (SysTree.Number(chip, input) is { } milli)
            {
                var name = input[..^"_input".Length];
                var label = SysTree.Text(chip, $"{name}_label") is { } text ? $" {text}" : "";
                yield return new($"{SysTree.Text(chip, "name") ?? Path.GetFileName(chip)}{label}", milli / 1000.0, SysTree.Number(chip, $"{name}_crit") / 1000.0);
            }
    }

    private static double? Critical(string zone)
    {
        for (var trip = 0; SysTree.Text(zone, string.Create(CultureInfo.InvariantCulture, $"trip_point_{trip}_type")) is { } type; trip++)
            if (type == "critical")
                return SysTree.Number(zone, string.Create(CultureInfo.InvariantCulture, $"trip_point_{trip}_temp")) / 1000.0;
        return null;
    }
}
