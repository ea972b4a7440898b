using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>Heartbeat, by default every 60 s.</summary>
/// <param name="IsOk">False: the device says that something of it is broken.</param>
internal sealed record Keepalive(bool IsOk) : ManscdpDocument(ManscdpRoot.Notify, "Keepalive")
{
    private const int MostFaulty = 1000;

    /// <summary>Parts of it that are broken.</summary>
    public IReadOnlyList<string> Faulty { get; init; } = [];

    public static Keepalive Read(ref XmlPull xml)
    {
        string? status = null;
        List<string> faulty = [];
        while (xml.Child(1))
            if (xml.Is("Status"))
                status = xml.Text();
            else if (xml.Is("Info"))
                while (xml.Child(2))
                    if (xml.Is("DeviceID") && faulty.Count < MostFaulty && xml.Text() is { Length: > 0 } id)
                        faulty.Add(id);
        return new(ResultResponse.IsGood(status)) { Faulty = faulty };
    }

    protected override void Write(XmlText xml)
    {
        xml.Add("Status", IsOk ? "OK" : "ERROR");
        if (Faulty.Count == 0)
            return;
        xml.Open("Info");
        foreach (var id in Faulty)
            xml.Add("DeviceID", id);
        xml.Close();
    }
}

/// <summary>An alarm (GB/T 28181-2016, A.2.5 b). It is answered with a <see cref="ResultResponse"/> of CmdType Alarm.</summary>
/// <param name="Priority">1 to 4, 1 the highest; 0 where it was not said.</param>
/// <param name="Method">1 phone, 2 device, 3 SMS, 4 GPS, 5 video, 6 device fault, 7 other; 0 where it was not said.</param>
internal sealed record AlarmNotify(int Priority, int Method) : ManscdpDocument(ManscdpRoot.Notify, "Alarm")
{
    public DateTime? Time { get; init; }
    public string Description { get; init; } = "";
    public double? Longitude { get; init; }
    public double? Latitude { get; init; }

    /// <summary>Means something else under each method: see the table of the standard.</summary>
    public int? Type { get; init; }

    /// <summary>1 entered, 2 left; of intrusions.</summary>
    public int? EventType { get; init; }

    public static AlarmNotify Read(ref XmlPull xml)
    {
        var alarm = new AlarmNotify(0, 0);
        while (xml.Child(1))
            alarm = xml switch
            {
                _ when xml.Is("AlarmPriority") => alarm with { Priority = xml.Number() ?? 0 },
                _ when xml.Is("AlarmMethod") => alarm with { Method = xml.Number() ?? 0 },
                _ when xml.Is("AlarmTime") => alarm with { Time = xml.Time() },
                _ when xml.Is("AlarmDescription") => alarm with { Description = xml.Text() },
                _ when xml.Is("Longitude") => alarm with { Longitude = xml.Real() },
                _ when xml.Is("Latitude") => alarm with { Latitude = xml.Real() },
                _ when xml.Is("Info") => ReadInfo(alarm, ref xml),
                _ => alarm,
            };
        return alarm;
    }

    protected override void Write(XmlText xml)
    {
        xml.Add("AlarmPriority", Priority).Add("AlarmMethod", Method).Add("AlarmTime", Time).Add("AlarmDescription", Description.Length > 0 ? Description : null)
            .Add("Longitude", Longitude, "0.0#####").Add("Latitude", Latitude, "0.0#####");
        if (Type is null && EventType is null)
            return;
        xml.Open("Info").Add("AlarmType", Type);
        if (EventType is not null)
            xml.Open("AlarmTypeParam").Add("EventType", EventType).Close();
        xml.Close();
    }

    private static AlarmNotify ReadInfo(AlarmNotify alarm, ref XmlPull xml)
    {
        while (xml.Child(2))
            if (xml.Is("AlarmType"))
                alarm = alarm with { Type = xml.Number() };
            else if (xml.Is("AlarmTypeParam"))
                while (xml.Child(3))
                    if (xml.Is("EventType"))
                        alarm = alarm with { EventType = xml.Number() };
        return alarm;
    }
}

/// <summary>One position, WGS-84.</summary>
/// <param name="DeviceId">Empty: the document's.</param>
/// <param name="SpeedKmh">km/h.</param>
/// <param name="DirectionDeg">From north, clockwise.</param>
/// <param name="AltitudeM">Metres.</param>
internal readonly record struct PositionFix(string DeviceId, DateTime? Time, double Longitude, double Latitude, double? SpeedKmh, double? DirectionDeg, double? AltitudeM);

/// <summary>Positions: one as in 2016, or a list as in 2022. Positions that cannot be on earth are left out.</summary>
internal sealed record MobilePositionNotify(IReadOnlyList<PositionFix> Fixes) : ManscdpDocument(ManscdpRoot.Notify, "MobilePosition")
{
    private const int Most = 10_000;

    public static MobilePositionNotify Read(ref XmlPull xml)
    {
        List<PositionFix> fixes = [];
        var fields = new Fields();
        while (xml.Child(1))
            if (xml.Is("DeviceList"))
            {
                while (xml.Child(2))
                    if (xml.Is("Item"))
                    {
                        var item = new Fields();
                        while (xml.Child(3))
                            if (xml.Is("DeviceID"))
                                item.DeviceId = xml.Text();
                            else
                                item.Take(ref xml);
                        if (item.Fix is { } fix && fixes.Count < Most)
                            fixes.Add(fix.Time is null ? fix with { Time = fields.Time } : fix);
                    }
            }
            else
                fields.Take(ref xml);
        if (fields.Fix is { } single)
            fixes.Add(single);
        return new(fixes);
    }

    protected override void Write(XmlText xml)
    {
        if (Fixes is not [var fix])
            throw new InvalidOperationException("the form of 2016 holds one position");
        xml.Add("Time", fix.Time).Add("Longitude", fix.Longitude, "0.0#####").Add("Latitude", fix.Latitude, "0.0#####")
            .Add("Speed", fix.SpeedKmh, "0.0#").Add("Direction", fix.DirectionDeg, "0.0#").Add("Altitude", fix.AltitudeM, "0.0#");
    }

    private struct Fields
    {
        private double? _longitude, _latitude, _speed, _direction, _altitude;

        public Fields() => DeviceId = "";

        public string DeviceId { get; set; }
        public DateTime? Time { get; private set; }

        public readonly PositionFix? Fix => _longitude is >= -180 and <= 180 && _latitude is >= -90 and <= 90
            ? new(DeviceId, Time, _longitude.Value, _latitude.Value, _speed, _direction, _altitude)
            : null;

        public void Take(ref XmlPull xml)
        {
            if (xml.Is("Time") || xml.Is("CaptureTime"))
                Time = xml.Time();
            else if (xml.Is("Longitude"))
                _longitude = xml.Real();
            else if (xml.Is("Latitude"))
                _latitude = xml.Real();
            else if (xml.Is("Speed"))
                _speed = xml.Real();
            else if (xml.Is("Direction"))
                _direction = xml.Real();
            else if (xml.Is("Altitude"))
                _altitude = xml.Real();
        }
    }
}

/// <summary>Inside or outside of the call: 121, everything has been sent.</summary>
internal sealed record MediaStatusNotify(int NotifyType) : ManscdpDocument(ManscdpRoot.Notify, "MediaStatus")
{
    public const int EndOfFile = 121;

    public static MediaStatusNotify Read(ref XmlPull xml)
    {
        int? type = null;
        while (xml.Child(1))
            if (xml.Is("NotifyType"))
                type = xml.Number();
        return new(type ?? throw new ProtocolException(XmlPull.Protocol, 0, "NotifyType", "is no number"));
    }

    protected override void Write(XmlText xml) => xml.Add("NotifyType", NotifyType);
}
