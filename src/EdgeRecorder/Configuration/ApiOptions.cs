namespace EdgeRecorder.Configuration;

/// <summary>Who may use a family's port without credentials (DESIGN section 6).</summary>
internal enum Access { Loopback, Credentials, Anonymous }

internal sealed class ApiOptions
{
    public BoxApiOptions Box { get; } = new();
    public CdvrOptions Cdvr { get; } = new();
    public AxxonOptions Axxon { get; } = new();
    public OmeOptions Ome { get; } = new();
    public InspectorOptions Inspector { get; } = new();

    public static readonly Section<ApiOptions> Keys = new("The doors: one section per API family.",
        new Group<ApiOptions, BoxApiOptions>("box", o => o.Box, BoxApiOptions.Keys),
        new Group<ApiOptions, CdvrOptions>("cdvr", o => o.Cdvr, CdvrOptions.Keys),
        new Group<ApiOptions, AxxonOptions>("axxon", o => o.Axxon, AxxonOptions.Keys),
        new Group<ApiOptions, OmeOptions>("ome", o => o.Ome, OmeOptions.Keys),
        new Group<ApiOptions, InspectorOptions>("inspector", o => o.Inspector, InspectorOptions.Keys));
}

internal sealed class BoxApiOptions
{
    public string Bind { get; set; } = "127.0.0.1";
    public int Port { get; set; } = 8080;
    public string TlsBind { get; set; } = "0.0.0.0";
    public int TlsPort { get; set; } = 8443;

    public static readonly Section<BoxApiOptions> Keys = new("The box's own API and page.",
        new Value<BoxApiOptions, string>("bind", FamilyKinds.Address, o => o.Bind, (o, v) => o.Bind = v, "Address of the plain HTTP listener. Loopback: passwords do not travel in the clear unless the owner says so."),
        new Value<BoxApiOptions, int>("port", Kinds.Port, o => o.Port, (o, v) => o.Port = v, "Plain HTTP."),
        new Value<BoxApiOptions, string>("tlsBind", FamilyKinds.Address, o => o.TlsBind, (o, v) => o.TlsBind = v, "Address of the TLS listener; every request needs credentials."),
        new Value<BoxApiOptions, int>("tlsPort", Kinds.Port, o => o.TlsPort, (o, v) => o.TlsPort = v, "TLS, with a certificate made at the first start (`keys/tls.pem`; put your own there)."));
}

/// <summary>What every published family has; its own keys come on top.</summary>
internal abstract class FamilyOptions
{
    public bool Enabled { get; set; } = true;
    public string Bind { get; set; } = "0.0.0.0";
    public int Port { get; set; }
    public Access Access { get; set; }

    protected static Entry<T>[] With<T>(params Entry<T>[] own) where T : FamilyOptions =>
    [
        new Value<T, bool>("enabled", Kinds.Flag, o => o.Enabled, (o, v) => o.Enabled = v, "Open the family's port."),
        new Value<T, string>("bind", FamilyKinds.Address, o => o.Bind, (o, v) => o.Bind = v, "Address to listen on; who may use it is `access`."),
        new Value<T, int>("port", Kinds.Port, o => o.Port, (o, v) => o.Port = v, "The family's published port."),
        new Value<T, Access>("access", Kinds.Choice(("loopback", Access.Loopback), ("credentials", Access.Credentials), ("anonymous", Access.Anonymous)), o => o.Access, (o, v) => o.Access = v,
            "Who needs no credentials: programs on the box, nobody, or everybody. The families publish no authentication, so the network gets none by default."),
        .. own,
    ];
}

internal sealed class CdvrOptions : FamilyOptions
{
    public CdvrOptions() => Port = 30889;
    public int MaxArmed { get; set; } = 64;
    public string UnknownDevice { get; set; } = "arm";
    public List<string> RequiredCTags { get; set; } = [];
    public int SplitMinutes { get; set; } = 10;
    public string? WebUrl { get; set; }
    public string FilePrefix { get; set; } = "ydr";

    public static readonly Section<CdvrOptions> Keys = new("CDVR recording API.", With<CdvrOptions>(
        new Value<CdvrOptions, string>("unknownDevice", Kinds.Choice(("arm", "arm"), ("reject", "reject")), o => o.UnknownDevice, (o, v) => o.UnknownDevice = v,
            "A start for a device that never called: wait for it, or refuse."),
        new Value<CdvrOptions, int>("maxArmed", Kinds.Integer(0, 10_000), o => o.MaxArmed, (o, v) => o.MaxArmed = v, "Waiting starts at a time; bounds what a wrong caller can pile up."),
        new Value<CdvrOptions, List<string>>("requiredCTags", Kinds.TextList, o => o.RequiredCTags, (o, v) => o.RequiredCTags = v, "CTags a start must carry one of; empty: any."),
        new Value<CdvrOptions, int>("splitMinutes", Kinds.Integer(1, 1440), o => o.SplitMinutes, (o, v) => o.SplitMinutes = v, "Length of a listed file; the next key frame after it begins a new one."),
        new Value<CdvrOptions, string?>("webUrl", Kinds.OptionalText, o => o.WebUrl, (o, v) => o.WebUrl = v, "Beginning of the addresses of listed files, such as `http://10.0.0.5:30889`. Null: as the caller addressed the recorder."),
        new Value<CdvrOptions, string>("filePrefix", Kinds.Text, o => o.FilePrefix, (o, v) => o.FilePrefix = v, "Beginning of the names of listed files; the original's default.")));
}

internal sealed class AxxonOptions : FamilyOptions
{
    public AxxonOptions() => Port = 8000;
    public string Prefix { get; set; } = "";
    public string? ServerName { get; set; }
    public bool StrictServerName { get; set; }
    public int MaxExportSeconds { get; set; } = 86_400;
    public int MaxLiveSeconds { get; set; } = 3_600;
    public int TtlHours { get; set; } = 10;

    public static readonly Section<AxxonOptions> Keys = new("AxxonSoft export API.", With<AxxonOptions>(
        new Value<AxxonOptions, string>("prefix", Kinds.Text, o => o.Prefix, (o, v) => o.Prefix = v, "Path in front of every route, as callers have it configured."),
        new Value<AxxonOptions, string?>("serverName", Kinds.OptionalText, o => o.ServerName, (o, v) => o.ServerName = v, "Name in file names. Null: the host name."),
        new Value<AxxonOptions, bool>("strictServerName", Kinds.Flag, o => o.StrictServerName, (o, v) => o.StrictServerName = v, "Refuse requests that name another server; off, because callers often have the old one's name."),
        new Value<AxxonOptions, int>("maxExportSeconds", Kinds.Integer(1, 2_678_400), o => o.MaxExportSeconds, (o, v) => o.MaxExportSeconds = v, "Longest range of one export."),
        new Value<AxxonOptions, int>("maxLiveSeconds", Kinds.Integer(1, 2_678_400), o => o.MaxLiveSeconds, (o, v) => o.MaxLiveSeconds = v, "Longest export that runs on into the future."),
        new Value<AxxonOptions, int>("ttlHours", Kinds.Integer(1, 8_760), o => o.TtlHours, (o, v) => o.TtlHours = v, "Hours a finished export is kept.")));
}

internal sealed class OmeOptions : FamilyOptions
{
    private const string Name = "${TransactionId}_${VirtualHost}_${Application}_${Stream}";

    public OmeOptions() => Port = 8081;
    public string? Token { get; set; }
    public string Dialect { get; set; } = "seed";
    public int StoppedRetentionSeconds { get; set; } = 3_600;
    public List<string> Vhosts { get; set; } = ["default"];
    public List<string> Apps { get; set; } = ["app", "rtsp", "jt1078", "gb28181"];
    public string FilePath { get; set; } = $"records/{Name}_${{StartTime:YYYYMMDDhhmmss}}_${{EndTime:YYYYMMDDhhmmss}}.ts";
    public string InfoPath { get; set; } = $"records/{Name}.xml";

    public static readonly Section<OmeOptions> Keys = new("OvenMediaEngine recording API. It has an authorization of its own, the token; `access` does not count here.", With<OmeOptions>(
        new Value<OmeOptions, string?>("token", TokenKind, o => o.Token, (o, v) => o.Token = v, "Access token, sent as `Basic base64(token)`. Without one the port stays closed."),
        new Value<OmeOptions, string>("dialect", Kinds.Choice(("seed", "seed"), ("current", "current")), o => o.Dialect, (o, v) => o.Dialect = v, "Answers of the first published version or of today's: [differences](api/ome.md)."),
        new Value<OmeOptions, int>("stoppedRetentionSeconds", Kinds.Integer(0, 604_800), o => o.StoppedRetentionSeconds, (o, v) => o.StoppedRetentionSeconds = v, "How long a stopped recording stays listed."),
        new Value<OmeOptions, List<string>>("vhosts", Kinds.TextList, o => o.Vhosts, (o, v) => o.Vhosts = v, "Virtual hosts that there are."),
        new Value<OmeOptions, List<string>>("apps", Kinds.TextList, o => o.Apps, (o, v) => o.Apps = v, "Applications: views on the channels. `rtsp`, `jt1078` and `gb28181` show those of the protocol, so does `NAME=jt1078`; any other name shows all."),
        new Value<OmeOptions, string>("filePath", Kinds.Text, o => o.FilePath, (o, v) => o.FilePath = v, "Template of files where a request has none, below `files/ome`."),
        new Value<OmeOptions, string>("infoPath", Kinds.Text, o => o.InfoPath, (o, v) => o.InfoPath = v, "The same of information files.")));

    private static ValueKind<string?> TokenKind => new("text or null", (ConfigurationValue value, out string? result) =>
    {
        if (Kinds.OptionalText.Read(value, out result) is { } wrong)
            return wrong;
        return result is "" ? "is empty; null keeps the port closed" : null;
    }, value => value is null ? "null" : $"\"{value}\"");
}

internal sealed class InspectorOptions : FamilyOptions
{
    public InspectorOptions() => Port = 13000;
    public int RecordingPort { get; set; } = 8088;
    public bool PersistSettings { get; set; } = true;
    public bool BareFalse { get; set; }

    public static readonly Section<InspectorOptions> Keys = new("DVR+O Inspector API.", With<InspectorOptions>(
        new Value<InspectorOptions, int>("recordingPort", Kinds.Port, o => o.RecordingPort, (o, v) => o.RecordingPort = v, "Second published port, for recording."),
        new Value<InspectorOptions, bool>("persistSettings", Kinds.Flag, o => o.PersistSettings, (o, v) => o.PersistSettings = v, "Keep settings made through it over a restart."),
        new Value<InspectorOptions, bool>("bareFalse", Kinds.Flag, o => o.BareFalse, (o, v) => o.BareFalse = v, "Answer `false` instead of an object where old callers expect it.")));
}

internal static class FamilyKinds
{
    public static readonly ValueKind<string> Address = new("IP address", (ConfigurationValue value, out string result) =>
    {
        result = value.Written;
        return value.CanBe(ValueForm.Text) && System.Net.IPAddress.TryParse(result, out _) ? null : $"{value} is not an IP address";
    }, value => $"\"{value}\"");

    public static readonly ValueKind<string?> OptionalAddress = new("IP address or null", (ConfigurationValue value, out string? result) =>
    {
        if (Kinds.OptionalText.Read(value, out result) is { } wrong)
            return wrong;
        return result is null || System.Net.IPAddress.TryParse(result, out _) ? null : $"{value} is not an IP address";
    }, value => value is null ? "null" : $"\"{value}\"");
}
