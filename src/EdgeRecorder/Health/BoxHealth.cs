using System.Globalization;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Health;

/// <summary>What was read of the hardware at one moment.</summary>
internal sealed record HealthReading(IReadOnlyList<DiskReading> Disks, IReadOnlyList<Temperature> Temperatures, long VolumeBytes, long FreeBytes);

/// <summary>
/// The state of the box: what its hardware says, and what of all that is a fault. Hardware is read by <see cref="Read"/> from time to time and not by who asks: a sensor of a
/// disk that is gone may not answer for long.
/// </summary>
/// <param name="root">The folder whose disks count.</param>
internal sealed class BoxHealth(SysTree sys, string root, IStorageStatus storage, Standstill standstill, Func<TimeSpan> sinceBoot)
{
    private readonly HashSet<string> _hot = [];
    private volatile string[] _hardwareFaults = [];
    private volatile HealthReading? _reading;

    /// <summary>Null until it has been read for the first time.</summary>
    public HealthReading? Reading => _reading;

    /// <summary>What that reading calls a fault.</summary>
    public IReadOnlyList<string> HardwareFaults => _hardwareFaults;

    /// <summary>What is wrong now, the worst first; empty when all is well.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            var figures = storage.Figures();
            List<string> faults = [];
            if (figures.Fault.Length > 0)
                faults.Add(figures.Fault);
            if (standstill.Says is { Length: > 0 } stands)
                faults.Add(stands);
            // Three faults within an hour are told by the volume itself.
            if (figures.Fault.Length == 0 && figures.QuarantinedSegments > 0 && figures.DiskFaults > 0)
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{figures.DiskFaults} disk fault(s); {figures.QuarantinedSegments} segment(s) are not written any more"));
            faults.AddRange(_hardwareFaults);
            return faults;
        }
    }

    /// <summary>All of it in one line; empty when all is well.</summary>
    public string Fault => string.Join("; ", Faults);

    /// <summary>One caller, who comes again and again.</summary>
    public void Read()
    {
        var drive = new DriveInfo(root);
        var reading = new HealthReading([.. DiskTree.Below(sys, FileIdentity.Of(root).Device).Select(disk => DiskReading.Of(sys, disk, sinceBoot()))], Temperature.All(sys), drive.TotalSize, drive.AvailableFreeSpace);
        _hardwareFaults = [.. reading.Disks.SelectMany(disk => disk.Faults), .. TooHot(reading)];
        _reading = reading;
    }

    private List<string> TooHot(HealthReading reading)
    {
        List<string> faults = [];
        foreach (var sensor in reading.Temperatures)       // those of disks are among them
        {
            if (sensor.IsTooHigh)
                _hot.Add(sensor.Name);
            else if (sensor.HasCooled)
                _hot.Remove(sensor.Name);
            if (_hot.Contains(sensor.Name))
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{sensor.Name} is at {sensor.Celsius:0} °C, its limit is {sensor.LimitCelsius:0} °C"));
        }
        return faults;
    }
}
