namespace EdgeRecorder.Gb28181.Manscdp;

internal sealed record DeviceInfoResponse() : ManscdpDocument(ManscdpRoot.Response, "DeviceInfo")
{
    public string DeviceName { get; init; } = "";
    public bool IsOk { get; init; } = true;
    public string Manufacturer { get; init; } = "";
    public string Model { get; init; } = "";
    public string Firmware { get; init; } = "";

    /// <summary>Video inputs.</summary>
    public int? Channels { get; init; }

    public static DeviceInfoResponse Read(ref XmlPull xml)
    {
        var info = new DeviceInfoResponse();
        while (xml.Child(1))
            info = xml.Name.ToString().ToUpperInvariant() switch
            {
                "DEVICENAME" => info with { DeviceName = xml.Text() },
                "RESULT" => info with { IsOk = ResultResponse.IsGood(xml.Text()) },
                "MANUFACTURER" => info with { Manufacturer = xml.Text() },
                "MODEL" => info with { Model = xml.Text() },
                "FIRMWARE" => info with { Firmware = xml.Text() },
                "CHANNEL" => info with { Channels = xml.Number() },
                _ => info,
            };
        return info;
    }

    protected override void Write(XmlText xml)
        => xml.Add("DeviceName", DeviceName).Add("Result", IsOk ? "OK" : "ERROR").Add("Manufacturer", Manufacturer).Add("Model", Model).Add("Firmware", Firmware).Add("Channel", Channels);
}

/// <summary>Whether an alarm input is armed: ONDUTY, OFFDUTY, ALARM.</summary>
internal readonly record struct AlarmInput(string DeviceId, string DutyStatus);

internal sealed record DeviceStatusResponse() : ManscdpDocument(ManscdpRoot.Response, "DeviceStatus")
{
    private const int MostAlarms = 1000;

    public bool IsOk { get; init; } = true;
    public bool? IsOnline { get; init; }

    /// <summary>False: it does not work rightly, for <see cref="Reason"/>.</summary>
    public bool? IsWorking { get; init; }
    public string Reason { get; init; } = "";
    public bool? IsEncoding { get; init; }
    public bool? IsRecording { get; init; }
    public DateTime? DeviceTime { get; init; }
    public IReadOnlyList<AlarmInput> Alarms { get; init; } = [];

    public static DeviceStatusResponse Read(ref XmlPull xml)
    {
        var status = new DeviceStatusResponse();
        List<AlarmInput> alarms = [];
        while (xml.Child(1))
            if (xml.Is("Alarmstatus"))
                ReadAlarms(alarms, ref xml);
            else
                status = xml.Name.ToString().ToUpperInvariant() switch
                {
                    "RESULT" => status with { IsOk = ResultResponse.IsGood(xml.Text()) },
                    "ONLINE" => status with { IsOnline = Switch(xml.Text()) },
                    "STATUS" => status with { IsWorking = Switch(xml.Text()) },
                    "REASON" => status with { Reason = xml.Text() },
                    "ENCODE" => status with { IsEncoding = Switch(xml.Text()) },
                    "RECORD" => status with { IsRecording = Switch(xml.Text()) },
                    "DEVICETIME" => status with { DeviceTime = xml.Time() },
                    _ => status,
                };
        return status with { Alarms = alarms };
    }

    protected override void Write(XmlText xml)
    {
        xml.Add("Result", IsOk ? "OK" : "ERROR").Add("Online", Word(IsOnline, "ONLINE", "OFFLINE")).Add("Status", Word(IsWorking, "OK", "ERROR")).Add("Reason", Reason.Length > 0 ? Reason : null)
            .Add("Encode", Word(IsEncoding, "ON", "OFF")).Add("Record", Word(IsRecording, "ON", "OFF")).Add("DeviceTime", DeviceTime);
        if (Alarms.Count == 0)
            return;
        xml.Open("Alarmstatus", Alarms.Count);
        foreach (var alarm in Alarms)
            xml.Open("Item").Add("DeviceID", alarm.DeviceId).Add("DutyStatus", alarm.DutyStatus).Close();
        xml.Close();
    }

    private static void ReadAlarms(List<AlarmInput> alarms, ref XmlPull xml)
    {
        while (xml.Child(2))
        {
            if (!xml.Is("Item"))
                continue;
            var (id, duty) = ("", "");
            while (xml.Child(3))
                if (xml.Is("DeviceID"))
                    id = xml.Text();
                else if (xml.Is("DutyStatus"))
                    duty = xml.Text();
            if (id.Length > 0 && alarms.Count < MostAlarms)
                alarms.Add(new(id, duty));
        }
    }

    private static bool? Switch(string text) => text.ToUpperInvariant() switch
    {
        "ON" or "OK" or "ONLINE" or "1" => true,
        "OFF" or "OFFLINE" or "ERROR" or "0" => false,
        _ => null,
    };

    private static string? Word(bool? value, string yes, string no) => value is { } known ? known ? yes : no : null;
}
