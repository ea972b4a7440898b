using EdgeRecorder.Jt808;

namespace EdgeRecorder.Devices;

/// <summary>An alarm that stands.</summary>
/// <param name="Channel">What the device calls it; null: the whole device's.</param>
internal readonly record struct Alarm(string Kind, string? Channel);

/// <summary>Alarms of JT/T 808 (alarm word) and JT/T 1078 (items 0x14 to 0x16) as events spell them.</summary>
internal static class AlarmKinds
{
    private static readonly string[] Words =
    [
        "emergency", "overspeed", "fatigue", "danger", "gnss-fault", "gnss-antenna-cut", "gnss-antenna-short", "power-low",
        "power-lost", "display-fault", "speech-fault", "camera-fault", "card-reader-fault", "overspeed-warning", "fatigue-warning", "alarm-15",
        "alarm-16", "alarm-17", "driving-time", "parking-timeout", "area", "route", "segment-time", "off-route",
        "speed-sensor-fault", "fuel", "stolen", "illegal-ignition", "illegal-move", "collision", "rollover", "illegal-door",
    ];

    private const string SignalLost = "video-signal-lost", Occluded = "video-occluded";
    private static readonly string[] Video = [SignalLost, Occluded, "storage-fault", "video-fault", "overcrowding", "abnormal-driving", "alarm-recording-full"];

    /// <summary>Everything that stands in a report. Lost and occluded pictures are their channels' where the terminal says which.</summary>
    public static void Of(in LocationReport report, HashSet<Alarm> standing)
    {
        standing.Clear();
        Bits(report.Alarms, Words, standing);
        if (report.VideoAlarms is not { } video)
            return;
        var lost = report.SignalLossChannels ?? 0;
        var occluded = report.OcclusionChannels ?? 0;
        var ofChannels = (lost != 0 ? (uint)VideoAlarmBits.SignalLoss : 0) | (occluded != 0 ? (uint)VideoAlarmBits.Occlusion : 0);
        Bits(video & ~ofChannels, Video, standing);
        if ((video & (uint)VideoAlarmBits.SignalLoss) != 0)
            Channels(lost, SignalLost, standing);
        if ((video & (uint)VideoAlarmBits.Occlusion) != 0)
            Channels(occluded, Occluded, standing);
    }

    /// <summary>The 64 bits of a stored resource: alarm word low, video alarms high.</summary>
    public static IReadOnlyList<string> Of(ulong alarms)
    {
        if (alarms == 0)
            return [];
        HashSet<Alarm> standing = [];
        Bits((uint)alarms, Words, standing);
        Bits((uint)(alarms >> 32), Video, standing);
        return [.. standing.Select(alarm => alarm.Kind)];
    }

    /// <summary>The same bits of kinds; what JT/T 808 and 1078 have no bit for is left out.</summary>
    public static long BitsOf(IEnumerable<string> kinds)
    {
        var bits = 0L;
        foreach (var kind in kinds)
            if (Array.IndexOf(Words, kind) is var word and >= 0)
                bits |= 1L << word;
            else if (Array.IndexOf(Video, kind) is var video and >= 0)
                bits |= 1L << 32 + video;
        return bits;
    }

    private static void Bits(uint bits, string[] kinds, HashSet<Alarm> standing)
    {
        for (var bit = 0; bit < kinds.Length && bits >> bit != 0; bit++)
            if ((bits >> bit & 1) != 0)
                standing.Add(new(kinds[bit], null));
    }

    private static void Channels(uint mask, string kind, HashSet<Alarm> standing)
    {
        for (var bit = 0; bit < 32; bit++)
            if ((mask >> bit & 1) != 0)
                standing.Add(new(kind, $"{bit + 1}"));
    }
}

/// <summary>Finds where alarms begin and end: a report says only what stands.</summary>
internal sealed class AlarmTracker
{
    private HashSet<Alarm> _before = [];
    private HashSet<Alarm> _now = [];

    /// <summary>Filled by the caller before each <see cref="Compare"/>.</summary>
    public HashSet<Alarm> Standing => _now;

    public IReadOnlyCollection<Alarm> Lasting => _before;

    /// <summary>What is new among <see cref="Standing"/>, and what has ended.</summary>
    public (IReadOnlyList<Alarm> Began, IReadOnlyList<Alarm> Ended) Compare()
    {
        if (_now.Count == 0 && _before.Count == 0)
            return ([], []);
        var began = _now.Where(alarm => !_before.Contains(alarm)).ToList();
        var ended = _before.Where(alarm => !_now.Contains(alarm)).ToList();
        (_before, _now) = (_now, _before);
        return (began, ended);
    }
}
