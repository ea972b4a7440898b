using System.Globalization;
using System.Net;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>What the command line says.</summary>
internal sealed record GbDeviceOptions
{
    public const string Help = """
        gbdevice: surveillance devices that register with a platform and send media when they are called (GB/T 28181).
          --server HOST:PORT      where the platform listens
          --server-id DIGITS      its code (34020000002000000001);  --domain DIGITS  (its first ten);  --password P
          --devices N             so many, codes counting up from --id (34020000001320000001); --ramp N registers so many per second (100)
          --addresses A           address of the first, counting up: 127.1.0.1 gives each its own (127.0.0.1)
          --transport T           udp | tcp: signalling
          --version V             2.0 | 3.0 | none: X-GB-Ver; 3.0 also writes positions as the 2022 edition does
          --user NAME             of Digest (the code);  --digest md5 | sha-256;  --digest-uri URI  (the request's)
          --expires S             of the registration (3600);  --heartbeat S  (60);  --reconnect S  before it tries again (2)
          --charset C             gb2312 | gb18030 | utf-8 | gb2312-in-utf-8 | utf-8-in-gb2312: what XML declares, and what it is
        Channels
          --channels N            of each device (1), codes counting up from --channel-id (type 131); --channel-is-device: the first has the device's code
          --name NAME             in front of their numbers (摄像机)
          --catalog N             entries in all (the channels); --mixed-catalog: among the further ones regions, groups and alarm inputs
          --catalog-part N        entries in one MESSAGE (4);  --record-part N  (10)
        Media
          --clip FILE[,FILE…]     Annex B .h264 or .h265 per channel, the last for all further ones; "none" for no video
          --sub FILE[,FILE…]      the same for sub streams; without it main is sent for sub;  --alternate FILE[,FILE…]  for the command "alternate"
          --audio FILE[,FILE…]    .aac (ADTS), .alaw or .ulaw (8 kHz mono)
          --fps N[/D]             pictures per second (25)
          --payload P             ps | es: a program stream, or H.264 and H.265 in RTP as they are, without audio
          --payload-size N        largest RTP payload (1400);  --first-sequence N  --first-pts N  (90 kHz)
          --media-udp M           any | refused;  --media-tcp M  any | active (it connects) | passive (it listens) | refused
          --calls N               at a time (100), more are refused with 486
          --speed X  --playback-speed X    times faster than filmed;  --loops N  rounds of a live clip, then BYE (0 = for ever)
          --start S               begin | live: a call begins with the clip, or where a camera that films all the time would be
          --no-hash               no SHA-256;  --remember N  units of each stream for "units" (20000)
          --footage FROM..TO[,…]  stored: Beijing time, yyyy-MM-ddTHH:mm:ss (the hour up to ten minutes ago); the clip round and round
          --footage-seconds S     length of an item, which begins with the clip (600)
          --control PORT          0 = any;  --report FILE  "stats" at the end;  --seed N;  --exit-with-parent
        Faults, also as commands of the control port (--fault "@CODE drop 20", --drop 20):
        """ + "\n" + GbDeviceCommands.Help;

    public required IPEndPoint Server { get; init; }
    public required string ServerId { get; init; }
    public required string Domain { get; init; }
    public required string Password { get; init; }
    public required string FirstId { get; init; }
    public int Devices { get; init; }
    public double Ramp { get; init; }
    public IPAddress? FirstAddress { get; init; }
    public bool IsTcp { get; init; }

    /// <summary>X-GB-Ver; null: not said.</summary>
    public string? Version { get; init; }
    public string? User { get; init; }
    public required string Digest { get; init; }
    public string? DigestUri { get; init; }
    public int Expires { get; init; }
    public double Heartbeat { get; init; }
    public double Reconnect { get; init; }
    public required string Charset { get; init; }
    public int Channels { get; init; }
    public string? FirstChannelId { get; init; }
    public bool ChannelIsDevice { get; init; }
    public required string Name { get; init; }
    public int CatalogEntries { get; init; }
    public bool MixedCatalog { get; init; }
    public int CatalogPart { get; init; }
    public int RecordPart { get; init; }
    public required string[] Video { get; init; }
    public string[]? Sub { get; init; }
    public string[]? Alternate { get; init; }
    public required string[] Audio { get; init; }
    public long FpsNumerator { get; init; }
    public long FpsDenominator { get; init; }
    public bool IsPs { get; init; }
    public int LargestPayload { get; init; }
    public ushort FirstSequence { get; init; }
    public long FirstPts { get; init; }
    public bool TakesUdp { get; init; }
    public required string MediaTcp { get; init; }
    public int MostCalls { get; init; }
    public double Speed { get; init; }
    public double PlaybackSpeed { get; init; }
    public long Loops { get; init; }
    public bool JoinsLive { get; init; }
    public bool Hashes { get; init; }
    public int Remember { get; init; }
    public required IReadOnlyList<(DateTime From, DateTime To)> Footage { get; init; }
    public double FootageSeconds { get; init; }
    public int Seed { get; init; }
    public required ProcessOptions Process { get; init; }

    public static GbDeviceOptions Parse(Arguments args)
    {
        var (numerator, denominator) = args.Fraction("fps", "25");
        var serverId = Code(args, "server-id") ?? "34020000002000000001";
        return new GbDeviceOptions
        {
            Server = IPEndPoint.Parse(args.Text("server") ?? throw new UsageException("--server HOST:PORT is needed")),
            ServerId = serverId,
            Domain = args.Text("domain") ?? serverId[..10],
            Password = args.Text("password") ?? "",
            FirstId = Code(args, "id") ?? "34020000001320000001",
            Devices = args.Number("devices", 1),
            Ramp = args.Number("ramp", 100.0),
            FirstAddress = args.Text("addresses") is { } address ? IPAddress.Parse(address) : null,
            IsTcp = args.OneOf("transport", "udp", "tcp") == "tcp",
            Version = args.OneOf("version", "2.0", "3.0", "none") is var version && version == "none" ? null : version,
            User = args.Text("user"),
            Digest = args.OneOf("digest", "md5", "sha-256").ToUpperInvariant(),
            DigestUri = args.Text("digest-uri"),
            Expires = args.Number("expires", 3600),
            Heartbeat = args.Number("heartbeat", 60.0),
            Reconnect = args.Number("reconnect", 2.0),
            Charset = args.OneOf("charset", Messages.Charset.Names),
            Channels = args.Number("channels", 1),
            FirstChannelId = Code(args, "channel-id"),
            ChannelIsDevice = args.Flag("channel-is-device"),
            Name = args.Text("name") ?? "摄像机",
            CatalogEntries = args.Number("catalog", 0),
            MixedCatalog = args.Flag("mixed-catalog"),
            CatalogPart = args.Number("catalog-part", 4),
            RecordPart = args.Number("record-part", 10),
            Video = (args.Text("clip") ?? "none").Split(','),
            Sub = args.Text("sub")?.Split(','),
            Alternate = args.Text("alternate") is { } alternate ? alternate.Split(',') : null,
            Audio = (args.Text("audio") ?? "none").Split(','),
            FpsNumerator = numerator,
            FpsDenominator = denominator,
            IsPs = args.OneOf("payload", "ps", "es") == "ps",
            LargestPayload = args.Number("payload-size", 1400),
            FirstSequence = args.Number("first-sequence", (ushort)0),
            FirstPts = args.Number("first-pts", 0L),
            TakesUdp = args.OneOf("media-udp", "any", "refused") == "any",
            MediaTcp = args.OneOf("media-tcp", "any", "active", "passive", "refused"),
            MostCalls = args.Number("calls", 100),
            Speed = args.Number("speed", 1.0),
            PlaybackSpeed = args.Number("playback-speed", 1.0),
            Loops = args.Number("loops", 0L),
            JoinsLive = args.OneOf("start", "begin", "live") == "live",
            Hashes = !args.Flag("no-hash"),
            Remember = args.Number("remember", 20_000),
            Footage = ParseFootage(args.Text("footage")),
            FootageSeconds = args.Number("footage-seconds", 600.0),
            Seed = args.Number("seed", 1),
            Process = ProcessOptions.TakeRest(args, IPAddress.Loopback, "report"),
        };
    }

    /// <summary>Code of the nth device.</summary>
    public string DeviceId(int n) => Numbering.Code(FirstId, n);

    /// <summary>Code of a channel: all channels of all devices are numbered through.</summary>
    public string ChannelId(int device, int channel)
    {
        if (ChannelIsDevice && channel == 0)
            return DeviceId(device);
        // The same place and net as the device, type 131: a camera.
        return Numbering.Code(FirstChannelId ?? $"{FirstId[..10]}131{FirstId[13]}000001", device * Channels + channel);
    }

    /// <summary>Code of the nth entry of a device's catalog that is no channel of the simulator.</summary>
    public string FurtherId(int device, int n) => Numbering.Code($"{FirstId[..10]}131{FirstId[13]}100000", device * CatalogEntries + n);

    public string ChannelName(int n) => $"{Name} {n + 1}";

    /// <summary>Address of the nth device; null = the system chooses.</summary>
    public IPAddress? AddressOf(int n) => Numbering.Address(FirstAddress, n);

    private static string? Code(Arguments args, string name) => args.Text(name) switch
    {
        null => null,
        { Length: 20 } code when code.All(char.IsAsciiDigit) => code,
        var text => throw new UsageException($"--{name}: '{text}' is no code of 20 digits"),
    };

    private static List<(DateTime, DateTime)> ParseFootage(string? text)
    {
        if (text is null)
        {
            var now = GbDevice.Footage.Now();
            var end = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(-10);
            return [(end.AddHours(-1), end)];
        }
        if (text == "none")
            return [];
        return [.. text.Split(',').Select(range => range.Split("..") is [var from, var to] ? (Time(from), Time(to)) : throw new UsageException($"--footage: '{range}' is not FROM..TO"))];

        static DateTime Time(string word) => DateTime.ParseExact(word, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
