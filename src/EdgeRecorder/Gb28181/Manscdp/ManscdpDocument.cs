using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>The four roots of MANSCDP (GB/T 28181-2016, annex A).</summary>
internal enum ManscdpRoot { Query, Control, Notify, Response }

/// <summary>
/// One document of MANSCDP. The union of the editions is read, the form of 2016 is written. A peer's answer is a document of its own with the number of the question: they are matched by sender,
/// <see cref="CmdType"/> and <see cref="Sn"/>.
/// </summary>
/// <param name="CmdType">As the standard spells it.</param>
internal abstract record ManscdpDocument(ManscdpRoot Root, string CmdType)
{
    public const string ContentType = "Application/MANSCDP+xml";

    /// <summary>0 where the peer sent none.</summary>
    public int Sn { get; init; }

    /// <summary>Whom it is about: a device or a channel. Some devices answer under the wrong one.</summary>
    public string DeviceId { get; init; } = "";

    /// <exception cref="ProtocolException">It is no document, or does not say what it is.</exception>
    public static ManscdpDocument Parse(ReadOnlySpan<byte> body)
    {
        var text = ManscdpText.Decode(body);
        var (root, cmdType, sn, device) = ReadHead(text);
        var xml = new XmlPull(text);
        return Read(root, cmdType, ref xml) with { Sn = sn, DeviceId = device };
    }

    public byte[] ToBytes(ManscdpCharset charset = ManscdpCharset.Gb2312)
    {
        var xml = new XmlText(charset).Open(Root.ToString()).Add("CmdType", CmdType).Add("SN", Sn).Add("DeviceID", DeviceId);
        Write(xml);
        return xml.Close().ToBytes();
    }

    protected abstract void Write(XmlText xml);

    /// <summary>Looked at first and by itself, since the children may stand in any order.</summary>
    private static (ManscdpRoot Root, string CmdType, int Sn, string DeviceId) ReadHead(string text)
    {
        var xml = new XmlPull(text);
        if (!Enum.TryParse<ManscdpRoot>(xml.Name, ignoreCase: true, out var root) || !Enum.IsDefined(root) || char.IsAsciiDigit(xml.Name[0]))
            throw new ProtocolException(XmlPull.Protocol, 0, "root", $"{xml.Name} is none of Query, Control, Notify, Response");
        string? cmdType = null, device = null;
        int? sn = null;
        while (xml.Child(1))
            if (cmdType is null && xml.Is("CmdType"))
                cmdType = xml.Text();
            else if (sn is null && xml.Is("SN"))
                sn = xml.Number();
            else if (device is null && xml.Is("DeviceID"))
                device = xml.Text();
        return cmdType is { Length: > 0 } ? (root, cmdType, sn ?? 0, device ?? "") : throw new ProtocolException(XmlPull.Protocol, 0, "CmdType", "is missing");
    }

    private static ManscdpDocument Read(ManscdpRoot root, string cmdType, ref XmlPull xml) => (root, cmdType.ToUpperInvariant()) switch
    {
        (ManscdpRoot.Notify, "KEEPALIVE") => Keepalive.Read(ref xml),
        (ManscdpRoot.Notify, "ALARM") => AlarmNotify.Read(ref xml),
        (ManscdpRoot.Notify, "CATALOG") => CatalogNotify.Read(ref xml),
        (ManscdpRoot.Notify, "MOBILEPOSITION") => MobilePositionNotify.Read(ref xml),
        (ManscdpRoot.Notify, "MEDIASTATUS") => MediaStatusNotify.Read(ref xml),
        (ManscdpRoot.Response, "CATALOG") => CatalogResponse.Read(ref xml),
        (ManscdpRoot.Response, "RECORDINFO") => RecordInfoResponse.Read(ref xml),
        (ManscdpRoot.Response, "DEVICEINFO") => DeviceInfoResponse.Read(ref xml),
        (ManscdpRoot.Response, "DEVICESTATUS") => DeviceStatusResponse.Read(ref xml),
        (ManscdpRoot.Response, "PRESETQUERY") => PresetResponse.Read(ref xml),
        (ManscdpRoot.Response, "CONFIGDOWNLOAD") => ConfigDownloadResponse.Read(ref xml),
        (ManscdpRoot.Response, "DEVICECONTROL" or "DEVICECONFIG" or "ALARM" or "KEEPALIVE" or "MOBILEPOSITION") => ResultResponse.Read(cmdType, ref xml),
        (ManscdpRoot.Query, "CATALOG") => CatalogQuery.Read(ref xml),
        (ManscdpRoot.Query, "RECORDINFO") => RecordInfoQuery.Read(ref xml),
        (ManscdpRoot.Query, "ALARM") => AlarmQuery.Read(ref xml),
        (ManscdpRoot.Query, "MOBILEPOSITION") => MobilePositionQuery.Read(ref xml),
        (ManscdpRoot.Query, "CONFIGDOWNLOAD") => ConfigDownloadQuery.Read(ref xml),
        (ManscdpRoot.Query, "DEVICEINFO" or "DEVICESTATUS" or "PRESETQUERY") => new PlainQuery(Spelled(cmdType)),
        (ManscdpRoot.Control, "DEVICECONTROL") => DeviceControl.Read(ref xml),
        (ManscdpRoot.Control, "DEVICECONFIG") => DeviceConfig.Read(ref xml),
        _ => new OtherDocument(root, cmdType),
    };

    private static string Spelled(string cmdType) => cmdType.ToUpperInvariant() switch { "DEVICEINFO" => "DeviceInfo", "DEVICESTATUS" => "DeviceStatus", _ => "PresetQuery" };
}

/// <summary>A question that says nothing but whom it asks: DeviceInfo, DeviceStatus, PresetQuery.</summary>
internal sealed record PlainQuery(string CmdType) : ManscdpDocument(ManscdpRoot.Query, CmdType)
{
    protected override void Write(XmlText xml) { }
}

/// <summary>What we do not know; to be answered 200 and counted.</summary>
internal sealed record OtherDocument(ManscdpRoot Root, string CmdType) : ManscdpDocument(Root, CmdType)
{
    protected override void Write(XmlText xml) { }
}

/// <summary>What became of a control, a configuration or an alarm.</summary>
internal sealed record ResultResponse(string CmdType, bool IsOk) : ManscdpDocument(ManscdpRoot.Response, CmdType)
{
    /// <summary>"OK" is ok in any case; what is missing is taken for ok, since the answer came.</summary>
    public static bool IsGood(string? result) => result is null or "" || result.Equals("OK", StringComparison.OrdinalIgnoreCase);

    public static ResultResponse Read(string cmdType, ref XmlPull xml)
    {
        string? result = null;
        while (xml.Child(1))
            if (xml.Is("Result"))
                result = xml.Text();
        return new(cmdType, IsGood(result));
    }

    protected override void Write(XmlText xml) => xml.Add("Result", IsOk ? "OK" : "ERROR");
}
