namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>Where a camera goes back to by itself.</summary>
internal readonly record struct HomePosition(bool IsEnabled, int? ResetSeconds, int? PresetIndex);

/// <summary>A rectangle in the picture to zoom to; everything in the device's own pixels.</summary>
internal readonly record struct DragZoom(int Length, int Width, int MidPointX, int MidPointY, int LengthX, int LengthY);

/// <summary>
/// One control (GB/T 28181-2016, A.2.3.1). Answered with a <see cref="ResultResponse"/> are recording, guard, alarm reset and home position; PTZ, reboot, sync sample and zoom are not.
/// </summary>
internal sealed record DeviceControl() : ManscdpDocument(ManscdpRoot.Control, "DeviceControl")
{
    public PtzCode? Ptz { get; init; }

    /// <summary>Of several that control; 5 is usual.</summary>
    public int? Priority { get; init; }

    /// <summary>True: record in the device; false: stop that.</summary>
    public bool? Record { get; init; }

    /// <summary>2022, with <see cref="Record"/>: 0 main, 1 sub.</summary>
    public int? StreamNumber { get; init; }

    /// <summary>True: arm; false: disarm.</summary>
    public bool? Guard { get; init; }
    public bool ResetsAlarm { get; init; }

    /// <summary>With <see cref="ResetsAlarm"/>: which ones.</summary>
    public int? AlarmMethod { get; init; }
    public int? AlarmType { get; init; }
    public bool Reboots { get; init; }

    /// <summary>Asks for a sync sample. 2016 spells it IFameCmd, and that is what is sent.</summary>
    public bool AsksForSyncSample { get; init; }
    public HomePosition? Home { get; init; }
    public DragZoom? ZoomIn { get; init; }
    public DragZoom? ZoomOut { get; init; }

    public bool IsAnswered => Record is not null || Guard is not null || ResetsAlarm || Home is not null;

    public static DeviceControl Read(ref XmlPull xml)
    {
        var control = new DeviceControl();
        while (xml.Child(1))
            control = xml.Name.ToString().ToUpperInvariant() switch
            {
                "PTZCMD" => control with { Ptz = PtzCode.Parse(xml.Text()) },
                "RECORDCMD" => control with { Record = Either(xml.Text(), "Record", "StopRecord") },
                "STREAMNUMBER" => control with { StreamNumber = xml.Number() },
                "GUARDCMD" => control with { Guard = Either(xml.Text(), "SetGuard", "ResetGuard") },
                "ALARMCMD" => control with { ResetsAlarm = Is(xml.Text(), "ResetAlarm") },
                "TELEBOOT" => control with { Reboots = Is(xml.Text(), "Boot") },
                "IFAMECMD" or "IFRAMECMD" => control with { AsksForSyncSample = Is(xml.Text(), "Send") },
                "HOMEPOSITION" => control with { Home = ReadHome(ref xml) },
                "DRAGZOOMIN" => control with { ZoomIn = ReadZoom(ref xml) },
                "DRAGZOOMOUT" => control with { ZoomOut = ReadZoom(ref xml) },
                "INFO" => ReadInfo(control, ref xml),
                _ => control,
            };
        return control;
    }

    protected override void Write(XmlText xml)
    {
        xml.Add("PTZCmd", Ptz?.ToString()).Add("RecordCmd", Word(Record, "Record", "StopRecord")).Add("StreamNumber", StreamNumber).Add("GuardCmd", Word(Guard, "SetGuard", "ResetGuard"))
            .Add("AlarmCmd", ResetsAlarm ? "ResetAlarm" : null).Add("TeleBoot", Reboots ? "Boot" : null).Add("IFameCmd", AsksForSyncSample ? "Send" : null);
        if (Home is { } home)
            xml.Open("HomePosition").Add("Enabled", home.IsEnabled ? 1 : 0).Add("ResetTime", home.ResetSeconds).Add("PresetIndex", home.PresetIndex).Close();
        WriteZoom(xml, "DragZoomIn", ZoomIn);
        WriteZoom(xml, "DragZoomOut", ZoomOut);
        if (Priority is not null || AlarmMethod is not null || AlarmType is not null)
            xml.Open("Info").Add("ControlPriority", Priority).Add("AlarmMethod", AlarmMethod).Add("AlarmType", AlarmType).Close();
    }

    private static DeviceControl ReadInfo(DeviceControl control, ref XmlPull xml)
    {
        while (xml.Child(2))
            control = xml.Name.ToString().ToUpperInvariant() switch
            {
                "CONTROLPRIORITY" => control with { Priority = xml.Number() },
                "ALARMMETHOD" => control with { AlarmMethod = xml.Number() },
                "ALARMTYPE" => control with { AlarmType = xml.Number() },
                _ => control,
            };
        return control;
    }

    private static HomePosition ReadHome(ref XmlPull xml)
    {
        var home = default(HomePosition);
        while (xml.Child(2))
            home = xml.Name.ToString().ToUpperInvariant() switch
            {
                "ENABLED" => home with { IsEnabled = xml.Number() == 1 },
                "RESETTIME" => home with { ResetSeconds = xml.Number() },
                "PRESETINDEX" => home with { PresetIndex = xml.Number() },
                _ => home,
            };
        return home;
    }

    private static DragZoom ReadZoom(ref XmlPull xml)
    {
        var zoom = default(DragZoom);
        while (xml.Child(2))
            zoom = xml.Name.ToString().ToUpperInvariant() switch
            {
                "LENGTH" => zoom with { Length = xml.Number() ?? 0 },
                "WIDTH" => zoom with { Width = xml.Number() ?? 0 },
                "MIDPOINTX" => zoom with { MidPointX = xml.Number() ?? 0 },
                "MIDPOINTY" => zoom with { MidPointY = xml.Number() ?? 0 },
                "LENGTHX" => zoom with { LengthX = xml.Number() ?? 0 },
                "LENGTHY" => zoom with { LengthY = xml.Number() ?? 0 },
                _ => zoom,
            };
        return zoom;
    }

    private static void WriteZoom(XmlText xml, string name, DragZoom? zoom)
    {
        if (zoom is not { } z)
            return;
        xml.Open(name).Add("Length", z.Length).Add("Width", z.Width).Add("MidPointX", z.MidPointX).Add("MidPointY", z.MidPointY).Add("LengthX", z.LengthX).Add("LengthY", z.LengthY).Close();
    }

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool? Either(string text, string yes, string no) => Is(text, yes) ? true : Is(text, no) ? false : null;

    private static string? Word(bool? value, string yes, string no) => value is { } known ? known ? yes : no : null;
}
