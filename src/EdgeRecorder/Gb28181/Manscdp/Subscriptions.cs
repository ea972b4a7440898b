namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>Asks for alarms, as the body of a SUBSCRIBE.</summary>
internal sealed record AlarmQuery() : ManscdpDocument(ManscdpRoot.Query, "Alarm")
{
    /// <summary>0: all.</summary>
    public int StartPriority { get; init; }
    public int EndPriority { get; init; }

    /// <summary>Digits of the methods that are wanted; 0: all.</summary>
    public string Method { get; init; } = "0";
    public DateTime? StartTime { get; init; }
    public DateTime? EndTime { get; init; }

    public static AlarmQuery Read(ref XmlPull xml)
    {
        var query = new AlarmQuery();
        while (xml.Child(1))
            query = xml.Name.ToString().ToUpperInvariant() switch
            {
                "STARTALARMPRIORITY" => query with { StartPriority = xml.Number() ?? 0 },
                "ENDALARMPRIORITY" => query with { EndPriority = xml.Number() ?? 0 },
                "ALARMMETHOD" => query with { Method = xml.Text() is { Length: > 0 } method ? method : "0" },
                "STARTALARMTIME" => query with { StartTime = xml.Time() },
                "ENDALARMTIME" => query with { EndTime = xml.Time() },
                _ => query,
            };
        return query;
    }

    protected override void Write(XmlText xml)
        => xml.Add("StartAlarmPriority", StartPriority).Add("EndAlarmPriority", EndPriority).Add("AlarmMethod", Method).Add("StartAlarmTime", StartTime).Add("EndAlarmTime", EndTime);
}

/// <summary>Asks for positions, as the body of a SUBSCRIBE.</summary>
/// <param name="IntervalSeconds">Between two positions.</param>
internal sealed record MobilePositionQuery(int IntervalSeconds) : ManscdpDocument(ManscdpRoot.Query, "MobilePosition")
{
    private const int Default = 5;

    public static MobilePositionQuery Read(ref XmlPull xml)
    {
        int? interval = null;
        while (xml.Child(1))
            if (xml.Is("Interval"))
                interval = xml.Number();
        return new(interval is > 0 ? interval.Value : Default);
    }

    protected override void Write(XmlText xml) => xml.Add("Interval", IntervalSeconds);
}
