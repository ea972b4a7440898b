namespace EdgeRecorder.Configuration;

/// <summary>Who may connect as a device (DESIGN section 6).</summary>
internal enum Enrolment { Approve, Open, List }

internal sealed class Jt808Options
{
    public bool Enabled { get; set; } = true;
    public string Bind { get; set; } = "0.0.0.0";
    public int Port { get; set; } = 6808;
    public int MediaPort { get; set; } = 1078;
    public int SubPort { get; set; } = 1079;
    public int PlaybackPort { get; set; } = 1080;
    public string? MediaHost { get; set; }
    public Enrolment Enrolment { get; set; }
    public bool RequireAuthentication { get; set; } = true;
    public bool AcceptAnyCode { get; set; }
    public int ConnectionsPerSource { get; set; } = 32;
    public bool Record { get; set; }
    public int StatusSeconds { get; set; } = 15;
    public int AlarmBeforeSeconds { get; set; } = 30;
    public int AlarmAfterSeconds { get; set; } = 60;
    public int AlarmLongestSeconds { get; set; } = 300;
    public int PositionDays { get; set; } = 30;

    public static readonly Section<Jt808Options> Keys = new("Vehicle terminals: JT/T 808 signalling, JT/T 1078 media.",
        new Value<Jt808Options, bool>("enabled", Kinds.Flag, o => o.Enabled, (o, v) => o.Enabled = v, "Listen for terminals; unknown ones wait for approval, so listening admits nobody."),
        new Value<Jt808Options, string>("bind", FamilyKinds.Address, o => o.Bind, (o, v) => o.Bind = v, "Address to listen on, IPv4: terminals are told addresses in dotted form."),
        new Value<Jt808Options, int>("port", Kinds.Port, o => o.Port, (o, v) => o.Port = v, "Signalling, TCP."),
        new Value<Jt808Options, int>("mediaPort", Kinds.Port, o => o.MediaPort, (o, v) => o.MediaPort = v, "Live main streams, TCP and UDP."),
        new Value<Jt808Options, int>("subPort", Kinds.Port, o => o.SubPort, (o, v) => o.SubPort = v, "Live sub streams: 1078 media does not say which stream it is, the port does."),
        new Value<Jt808Options, int>("playbackPort", Kinds.Port, o => o.PlaybackPort, (o, v) => o.PlaybackPort = v, "Footage that terminals send back."),
        new Value<Jt808Options, string?>("mediaHost", Kinds.OptionalText, o => o.MediaHost, (o, v) => o.MediaHost = v, "Address that terminals are told to send media to. Null: the one they reached us at."),
        new Value<Jt808Options, Enrolment>("enrolment", DeviceKinds.Enrolment, o => o.Enrolment, (o, v) => o.Enrolment = v, DeviceKinds.EnrolmentReason),
        new Value<Jt808Options, bool>("requireAuthentication", Kinds.Flag, o => o.RequireAuthentication, (o, v) => o.RequireAuthentication = v,
            "Hear nothing before a terminal has authenticated, as the standard wants it. Some never do."),
        new Value<Jt808Options, bool>("acceptAnyCode", Kinds.Flag, o => o.AcceptAnyCode, (o, v) => o.AcceptAnyCode = v,
            "Take any code of an approved terminal: for fleets that have their codes from another platform and do not register again."),
        new Value<Jt808Options, int>("connectionsPerSource", Kinds.Integer(1, 100_000), o => o.ConnectionsPerSource, (o, v) => o.ConnectionsPerSource = v,
            "Connections from one address that have not authenticated within 3 s; approved terminals are not counted, so that a carrier's NAT shuts none of them out."),
        new Value<Jt808Options, bool>("record", Kinds.Flag, o => o.Record, (o, v) => o.Record = v,
            "Channels of new terminals record as they appear. False: terminals declare more channels than they have cameras, and vehicles pay for what they send; each device has a switch of its own."),
        new Value<Jt808Options, int>("statusSeconds", Kinds.Integer(0, 3600), o => o.StatusSeconds, (o, v) => o.StatusSeconds = v,
            "How often a terminal is told how much of a stream is lost (0x9105); some lower their bit rate by it. 0 never."),
        new Value<Jt808Options, int>("alarmBeforeSeconds", Kinds.Integer(0, 3600), o => o.AlarmBeforeSeconds, (o, v) => o.AlarmBeforeSeconds = v, "Footage locked before an alarm begins."),
        new Value<Jt808Options, int>("alarmAfterSeconds", Kinds.Integer(1, 3600), o => o.AlarmAfterSeconds, (o, v) => o.AlarmAfterSeconds = v,
            "Footage locked behind its end. Alarms that follow each other within this share one lock."),
        new Value<Jt808Options, int>("alarmLongestSeconds", Kinds.Integer(1, 86400), o => o.AlarmLongestSeconds, (o, v) => o.AlarmLongestSeconds = v,
            "What is locked at the most of an alarm that stands on: a cut antenna must not fill the event pool."),
        new Value<Jt808Options, int>("positionDays", Kinds.Integer(1, 3650), o => o.PositionDays, (o, v) => o.PositionDays = v,
            "How long positions are kept. A terminal that reports every ten seconds fills 0.5 MB a day."));
}

/// <summary>Hash functions of Digest that devices are offered.</summary>
internal enum DigestChoice { Md5, Sha256, Both }

internal sealed class Gb28181Options
{
    public bool Enabled { get; set; } = true;
    public string Bind { get; set; } = "0.0.0.0";
    public int Port { get; set; } = 5060;
    public string ServerId { get; set; } = "34020000002000000001";
    public string Domain { get; set; } = "3402000000";
    public string User { get; set; } = "";
    public string? Password { get; set; }
    public string? MediaHost { get; set; }
    public PortRange RtpPorts { get; set; } = new(30000, 30500);
    public Enrolment Enrolment { get; set; }
    public DigestChoice Digest { get; set; }
    public bool Qop { get; set; }
    public bool DateHeader { get; set; } = true;
    public int HeartbeatSeconds { get; set; } = 60;
    public int HeartbeatCount { get; set; } = 3;
    public bool Record { get; set; }
    public int ChannelsPerDevice { get; set; } = 256;
    public int CatalogHours { get; set; } = 6;
    public bool SubscribeCatalog { get; set; } = true;
    public bool SubscribeAlarm { get; set; } = true;
    public bool SubscribePosition { get; set; }
    public int PlatformPort { get; set; }
    public List<PlatformOptions> Platforms { get; } = [];

    public static readonly Section<Gb28181Options> Keys = new("Surveillance devices: GB/T 28181.",
        new Value<Gb28181Options, bool>("enabled", Kinds.Flag, o => o.Enabled, (o, v) => o.Enabled = v, "Listen for devices; without a password SIP stays closed anyway."),
        new Value<Gb28181Options, string>("bind", FamilyKinds.Address, o => o.Bind, (o, v) => o.Bind = v, "Address to listen on."),
        new Value<Gb28181Options, int>("port", Kinds.Port, o => o.Port, (o, v) => o.Port = v, "SIP, UDP and TCP."),
        new Value<Gb28181Options, string>("serverId", DeviceKinds.Digits(20), o => o.ServerId, (o, v) => o.ServerId = v, "Our own 20-digit code, as devices have it configured."),
        new Value<Gb28181Options, string>("domain", DeviceKinds.Digits(10), o => o.Domain, (o, v) => o.Domain = v, "SIP domain, by custom the first ten digits of the code."),
        new Value<Gb28181Options, string>("user", Kinds.Text, o => o.User, (o, v) => o.User = v,
            "A user name that devices may register with instead of their code: some take one name for all. Empty: only the code."),
        new Value<Gb28181Options, string?>("password", Kinds.OptionalText, o => o.Password, (o, v) => o.Password = v,
            "Digest password of devices that have none of their own (`devices/{id}`). No default: a known one would be none. Without any password SIP stays closed."),
        new Value<Gb28181Options, string?>("mediaHost", FamilyKinds.OptionalAddress, o => o.MediaHost, (o, v) => o.MediaHost = v,
            "Address that devices are told to reach us at, where a NAT is between: in Via, Contact and SDP. Null: the one of ours that leads to the device."),
        new Value<Gb28181Options, PortRange>("rtpPorts", DeviceKinds.Ports, o => o.RtpPorts, (o, v) => o.RtpPorts = v,
            "Media ports, a pair per session with a device; platforms above that connect for media find us there too. The range is what a firewall has to open."),
        new Value<Gb28181Options, Enrolment>("enrolment", DeviceKinds.Enrolment, o => o.Enrolment, (o, v) => o.Enrolment = v,
            "Who knows the password is approved, with `approve` as with `open`; `list` takes only devices that were listed before."),
        new Value<Gb28181Options, DigestChoice>("digest", Kinds.Choice(("md5", DigestChoice.Md5), ("sha256", DigestChoice.Sha256), ("both", DigestChoice.Both)), o => o.Digest, (o, v) => o.Digest = v,
            "What devices are offered. Most know MD5 only, and old ones break on two."),
        new Value<Gb28181Options, bool>("qop", Kinds.Flag, o => o.Qop, (o, v) => o.Qop = v, "Offer qop=auth. Without it every device can answer; with it a device may use a nonce again."),
        new Value<Gb28181Options, bool>("dateHeader", Kinds.Flag, o => o.DateHeader, (o, v) => o.DateHeader = v,
            "Tell devices the time when they register, Beijing time as the standard has it. Some choke on its form."),
        new Value<Gb28181Options, int>("heartbeatSeconds", Kinds.Integer(5, 3600), o => o.HeartbeatSeconds, (o, v) => o.HeartbeatSeconds = v, "Between two heartbeats, as devices have it configured."),
        new Value<Gb28181Options, int>("heartbeatCount", Kinds.Integer(1, 100), o => o.HeartbeatCount, (o, v) => o.HeartbeatCount = v, "Heartbeats that have to be missing before a device is offline."),
        new Value<Gb28181Options, bool>("record", Kinds.Flag, o => o.Record, (o, v) => o.Record = v,
            "Channels of new devices record as they appear. False: a catalog may name thousands; each device has a switch of its own."),
        new Value<Gb28181Options, int>("channelsPerDevice", Kinds.Integer(0, 10_000), o => o.ChannelsPerDevice, (o, v) => o.ChannelsPerDevice = v,
            "Cameras of a device's catalog that become channels by themselves. Others are in `devices/{id}/catalog` and become channels when somebody asks."),
        new Value<Gb28181Options, int>("catalogHours", Kinds.Integer(0, 168), o => o.CatalogHours, (o, v) => o.CatalogHours = v,
            "A device that stays is asked for its catalog again after so long, for those that tell no changes. 0: only when it comes."),
        new Value<Gb28181Options, bool>("subscribeCatalog", Kinds.Flag, o => o.SubscribeCatalog, (o, v) => o.SubscribeCatalog = v, "Be told of cameras that come, go and fail."),
        new Value<Gb28181Options, bool>("subscribeAlarm", Kinds.Flag, o => o.SubscribeAlarm, (o, v) => o.SubscribeAlarm = v,
            "Be told of alarms; many devices tell them anyway. What is locked around them is `jt808.alarmBeforeSeconds` and its neighbours."),
        new Value<Gb28181Options, bool>("subscribePosition", Kinds.Flag, o => o.SubscribePosition, (o, v) => o.SubscribePosition = v,
            "Be told positions every 5 s. False: most cameras do not move; devices whose catalog says that they are mobile are asked anyway."),
        new Value<Gb28181Options, int>("platformPort", Kinds.Integer(0, 65535), o => o.PlatformPort, (o, v) => o.PlatformPort = v,
            "Port from which platforms above are spoken to, UDP and TCP; opened only when there are any. 0: any free one, since they answer to where we speak from."),
        new Items<Gb28181Options, PlatformOptions>("platforms", o => o.Platforms, () => new PlatformOptions(), PlatformOptions.Keys));
}

/// <summary>First and last port of a range, both in it.</summary>
internal readonly record struct PortRange(int First, int Last)
{
    public override string ToString() => $"{First}-{Last}";
}

/// <summary>Kinds of value that only device protocols have.</summary>
internal static class DeviceKinds
{
    public const string EnrolmentReason = "`approve` lists new devices and takes no media before somebody approves; `open` takes all; `list` only known ones.";

    public static readonly ValueKind<Enrolment> Enrolment = Kinds.Choice(
        ("approve", Configuration.Enrolment.Approve), ("open", Configuration.Enrolment.Open), ("list", Configuration.Enrolment.List));

    public static readonly ValueKind<PortRange> Ports = new("port range", (ConfigurationValue value, out PortRange range) =>
    {
        var parts = value.Written.Split('-');
        range = default;
        if (!value.CanBe(ValueForm.Text) || parts.Length != 2 || !ushort.TryParse(parts[0], out var first) || !ushort.TryParse(parts[1], out var last) || first == 0)
            return $"{value} is not a port range such as \"30000-30500\"";
        range = new(first, last);
        return last - first < 1 ? $"{value} holds no pair of ports" : null;
    }, value => $"\"{value}\"");

    public static ValueKind<string> Digits(int count) => new($"{count} digits", (ConfigurationValue value, out string result) =>
    {
        result = value.Written;
        return value.CanBe(ValueForm.Text) && result.Length == count && result.All(char.IsAsciiDigit) ? null : $"{value} is not {count} digits in quotes";
    }, value => $"\"{value}\"");
}
