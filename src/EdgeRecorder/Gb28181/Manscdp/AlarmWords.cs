namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>Alarms of GB/T 28181 as events spell them: what AlarmType means depends on AlarmMethod. Words are shared with vehicle terminals where they mean the same.</summary>
internal static class AlarmWords
{
    private const int Other = 7;
    private static readonly string[] Device = ["device-alarm", "video-signal-lost", "tampered", "disk-full", "too-hot", "too-cold"];
    private static readonly string[] Video =
    [
        "video-alarm", "manual", "motion", "object-left", "object-removed", "tripwire", "intrusion", "wrong-way", "loitering", "traffic", "crowd", "video-fault", "fast-motion", "video-occluded",
    ];
    private static readonly string[] Fault = ["device-fault", "storage-fault", "fan-fault"];

    public static string Of(AlarmNotify alarm) => alarm.Method switch
    {
        1 => "phone",
        2 => Word(Device, alarm.Type),
        3 => "sms",
        4 => "gps",
        5 => Word(Video, alarm.Type),
        6 => Word(Fault, alarm.Type),
        _ => "alarm",
    };

    /// <summary>AlarmMethod and AlarmType of a word; other (7) for what the standard has no type for.</summary>
    public static (int Method, int? Type) Codes(string kind) => kind switch
    {
        "phone" => (1, null),
        "sms" => (3, null),
        "gps" => (4, null),
        _ when Array.IndexOf(Device, kind) is >= 0 and var type => (2, type > 0 ? type : null),
        _ when Array.IndexOf(Video, kind) is >= 0 and var type => (5, type > 0 ? type : null),
        _ when Array.IndexOf(Fault, kind) is >= 0 and var type => (6, type > 0 ? type : null),
        _ => (Other, null),
    };

    /// <summary>A type that the standard does not name is the method's first word.</summary>
    private static string Word(string[] words, int? type) => words[type is > 0 && type < words.Length ? type.Value : 0];
}
