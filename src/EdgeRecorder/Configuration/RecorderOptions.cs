namespace EdgeRecorder.Configuration;

/// <summary>Everything an owner can set, one class per area. What each key means and why it has its default stands in its table.</summary>
internal sealed class RecorderOptions
{
    public SystemOptions System { get; } = new();
    public StorageOptions Storage { get; } = new();
    public List<ChannelOptions> Channels { get; } = [];
    public Jt808Options Jt808 { get; } = new();
    public Gb28181Options Gb28181 { get; } = new();
    public ApiOptions Api { get; } = new();
    public ExportOptions Export { get; } = new();
    public PanelOptions Panel { get; } = new();

    public static readonly Section<RecorderOptions> Keys = new("The whole file.",
        new Group<RecorderOptions, SystemOptions>("system", o => o.System, SystemOptions.Keys),
        new Group<RecorderOptions, StorageOptions>("storage", o => o.Storage, StorageOptions.Keys),
        new Items<RecorderOptions, ChannelOptions>("channels", o => o.Channels, () => new ChannelOptions(), ChannelOptions.Keys),
        new Group<RecorderOptions, Jt808Options>("jt808", o => o.Jt808, Jt808Options.Keys),
        new Group<RecorderOptions, Gb28181Options>("gb28181", o => o.Gb28181, Gb28181Options.Keys),
        new Group<RecorderOptions, ApiOptions>("api", o => o.Api, ApiOptions.Keys),
        new Group<RecorderOptions, ExportOptions>("export", o => o.Export, ExportOptions.Keys),
        new Group<RecorderOptions, PanelOptions>("panel", o => o.Panel, PanelOptions.Keys));
}

internal enum LogDetail { Debug, Info, Warning, Error }

internal sealed class SystemOptions
{
    public string Name { get; set; } = "recorder";
    public string TimeZone { get; set; } = "local";
    public LogDetail Log { get; set; } = LogDetail.Info;

    /// <summary>The zone that <see cref="TimeZone"/> names.</summary>
    public TimeZoneInfo Zone => TimeZone == "local" ? TimeZoneInfo.Local : TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    public static readonly Section<SystemOptions> Keys = new("The box as a whole.",
        new Value<SystemOptions, string>("name", Kinds.Text, o => o.Name, (o, v) => o.Name = v, "What the page and the status show; any text."),
        new Value<SystemOptions, string>("timeZone", Kinds.Text, o => o.TimeZone, (o, v) => o.TimeZone = v,
            "Zone of schedules and burnt-in times: `local` is the system's, else an IANA name. The API always speaks UTC."),
        new Value<SystemOptions, LogDetail>("log", Kinds.Choice(("debug", LogDetail.Debug), ("info", LogDetail.Info), ("warning", LogDetail.Warning), ("error", LogDetail.Error)),
            o => o.Log, (o, v) => o.Log = v, "Least level that is logged. `info` is one line per event that a human would act on."));
}

internal sealed class ExportOptions
{
    public string Encoder { get; set; } = "auto";

    public static readonly Section<ExportOptions> Keys = new("Exports that need decoding or encoding.",
        new Value<ExportOptions, string>("encoder", Kinds.Choice(("auto", "auto"), ("v4l2", "v4l2"), ("software", "software"), ("none", "none")),
            o => o.Encoder, (o, v) => o.Encoder = v, "What exports with work on their pictures are encoded with. `auto`: the box's own encoder of H.264 (V4L2) where it has one that takes the pictures and no local camera (`v4l2://`) is among the channels, which goes first; otherwise libx264. `v4l2`: that encoder and nothing else; without one such exports are refused. `software`: libx264. `none`: nothing, such exports are refused."));
}
