namespace EdgeRecorder.Configuration;

internal enum PlatformTransport { Udp, Tcp }

/// <summary>A platform above, to which the box is a device.</summary>
internal sealed class PlatformOptions
{
    public string ServerId { get; set; } = "";
    public string Domain { get; set; } = "";
    public string Host { get; set; } = "";
    public int Port { get; set; } = 5060;
    public PlatformTransport Transport { get; set; }
    public string DeviceId { get; set; } = "";
    public string User { get; set; } = "";
    public string? Password { get; set; }
    public int ExpiresSeconds { get; set; } = 3600;
    public int KeepaliveSeconds { get; set; } = 60;
    public List<string> Channels { get; set; } = [];

    /// <summary>The domain, or what stands for it.</summary>
    public string Realm => Domain.Length > 0 ? Domain : ServerId[..10];

    public static readonly Section<PlatformOptions> Keys = new("Platforms above (GB/T 28181 cascade): the box registers there as a device and shows its channels.",
        new Value<PlatformOptions, string>("serverId", DeviceKinds.Digits(20), o => o.ServerId, (o, v) => o.ServerId = v, "The platform's 20-digit code; required."),
        new Value<PlatformOptions, string>("domain", DeviceKinds.Digits(10), o => o.Domain, (o, v) => o.Domain = v, "Its SIP domain. Empty: the first ten digits of its code."),
        new Value<PlatformOptions, string>("host", Kinds.Text, o => o.Host, (o, v) => o.Host = v, "Its address or name; required."),
        new Value<PlatformOptions, int>("port", Kinds.Integer(1, 65535), o => o.Port, (o, v) => o.Port = v, "Its SIP port."),
        new Value<PlatformOptions, PlatformTransport>("transport", Kinds.Choice(("udp", PlatformTransport.Udp), ("tcp", PlatformTransport.Tcp)), o => o.Transport, (o, v) => o.Transport = v,
            "How it is spoken to; `tcp` passes more NATs and takes catalogs of any size."),
        new Value<PlatformOptions, string>("deviceId", DeviceKinds.Digits(20), o => o.DeviceId, (o, v) => o.DeviceId = v,
            "The box's own code there and its user name; required. Channels are its first ten digits, 132, its network digit and the channel's number."),
        new Value<PlatformOptions, string>("user", Kinds.Text, o => o.User, (o, v) => o.User = v, "User name for its Digest where it is another than `deviceId`. Empty: that."),
        new Value<PlatformOptions, string?>("password", Kinds.OptionalText, o => o.Password, (o, v) => o.Password = v, "For its Digest. Null: it asks for none."),
        new Value<PlatformOptions, int>("expiresSeconds", Kinds.Integer(60, 604_800), o => o.ExpiresSeconds, (o, v) => o.ExpiresSeconds = v, "How long a registration lasts; it is renewed after two thirds."),
        new Value<PlatformOptions, int>("keepaliveSeconds", Kinds.Integer(5, 3600), o => o.KeepaliveSeconds, (o, v) => o.KeepaliveSeconds = v,
            "Heartbeat; below the time after which a NAT forgets a way that is not used."),
        new Value<PlatformOptions, List<string>>("channels", Kinds.TextList, o => o.Channels, (o, v) => o.Channels = v, "Keys of the channels it may see. Empty: all."));
}
