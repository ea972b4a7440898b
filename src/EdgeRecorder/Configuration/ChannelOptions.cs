namespace EdgeRecorder.Configuration;

internal enum TransportChoice { Auto, Tcp, Udp }

/// <summary>A channel that the file names. The API may change only whether it records.</summary>
internal sealed class ChannelOptions
{
    public string? Key { get; set; }
    public string? Name { get; set; }
    public string? Url { get; set; }
    public string? SubUrl { get; set; }
    public bool Record { get; set; } = true;
    public TransportChoice Transport { get; set; }
    public bool Audio { get; set; } = true;
    public int Priority { get; set; }
    public ChannelQuota Quota { get; } = new();

    /// <summary>Where the channel stands; a 409 names it.</summary>
    public Origin Origin { get; set; }

    public static readonly Section<ChannelOptions> Keys = new("Cameras the box records. Channels made through the API live in the ledger, not here.",
        new Value<ChannelOptions, string?>("key", Kinds.OptionalText, o => o.Key, (o, v) => o.Key = v, "Short name in addresses, 1 to 64 of `A-Z a-z 0-9 _ -`, unique. Default: made from the name."),
        new Value<ChannelOptions, string?>("name", Kinds.OptionalText, o => o.Name, (o, v) => o.Name = v, "Any text. Default: the key."),
        new Value<ChannelOptions, string?>("url", Kinds.OptionalText, o => o.Url, (o, v) => o.Url = v, "Main stream, `rtsp://user:password@host[:port]/path`, or a camera of the box itself, `v4l2:///dev/video0?width=1280&height=720&fps=25&bitrate=4M&gop=50&codec=h264` ([local cameras](local-cameras.md)). Required."),
        new Value<ChannelOptions, string?>("subUrl", Kinds.OptionalText, o => o.SubUrl, (o, v) => o.SubUrl = v, "Second, smaller stream of the same camera, or null."),
        new Value<ChannelOptions, bool>("record", Kinds.Flag, o => o.Record, (o, v) => o.Record = v, "Record from the start. A recorder that waits to be told loses the first incident."),
        new Value<ChannelOptions, TransportChoice>("transport", Kinds.Choice(("auto", TransportChoice.Auto), ("tcp", TransportChoice.Tcp), ("udp", TransportChoice.Udp)),
            o => o.Transport, (o, v) => o.Transport = v, "`auto` tries TCP first, since it loses nothing, and UDP where the camera refuses it."),
        new Value<ChannelOptions, bool>("audio", Kinds.Flag, o => o.Audio, (o, v) => o.Audio = v, "Record sound where the camera sends it. The law of some places wants false."),
        new Value<ChannelOptions, int>("priority", Kinds.Integer(-100, 100), o => o.Priority, (o, v) => o.Priority = v, "When the box is overloaded the lowest number loses pictures first."),
        new Group<ChannelOptions, ChannelQuota>("quota", o => o.Quota, ChannelQuota.Keys));
}

internal sealed class ChannelQuota
{
    public SizeSetting? MinSize { get; set; }
    public SizeSetting? MaxSize { get; set; }
    public TimeSpan? MinAge { get; set; }
    public TimeSpan? MaxAge { get; set; }

    public static readonly Section<ChannelQuota> Keys = new("The channel's share of the ring. Without one all channels share by need, oldest footage first out.",
        new Value<ChannelQuota, SizeSetting?>("minSize", Kinds.OptionalSize, o => o.MinSize, (o, v) => o.MinSize = v, "Guaranteed to the channel, whatever others need; a share is one of the ring."),
        new Value<ChannelQuota, SizeSetting?>("maxSize", Kinds.OptionalSize, o => o.MaxSize, (o, v) => o.MaxSize = v, "Never more than this."),
        new Value<ChannelQuota, TimeSpan?>("minAge", Kinds.OptionalAge, o => o.MinAge, (o, v) => o.MinAge = v, "Footage younger than this goes last."),
        new Value<ChannelQuota, TimeSpan?>("maxAge", Kinds.OptionalAge, o => o.MaxAge, (o, v) => o.MaxAge = v, "Footage older than this goes even when there is room; data protection asks for it."));
}
