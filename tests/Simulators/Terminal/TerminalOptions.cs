using System.Globalization;
using System.Net;
using EdgeRecorder.Simulators.Terminal.Media;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>Which streams share a media connection.</summary>
internal enum ConnectionScope
{
    /// <summary>Each has its own.</summary>
    Channel,

    /// <summary>Those of one terminal.</summary>
    Terminal,

    /// <summary>All of this process, as behind a gateway.</summary>
    Fleet,
}

/// <summary>What the command line says.</summary>
internal sealed record TerminalOptions
{
    public const string Help = """
        terminal: vehicle terminals that connect to a platform (JT/T 808), report where they are and send media when asked (JT/T 1078).
          --server HOST:PORT      where the platform listens
          --terminals N           so many, SIMs counting up from --sim (1); --ramp N connects so many per second (100)
          --sim DIGITS            SIM of the first (013912345678)
          --addresses A           address of the first, counting up: 127.1.0.1 gives each its own (the system's choice)
          --version V             2011 | 2013 | 2019: header and message widths; --wrong-bit14: the version bit says the opposite
          --maker M --model M --id I --plate P --colour N --province N --city N    what 0x0100 says; the plate counts up too
          --code CODE             authenticate with it instead of registering; --codes FILE keeps codes between runs
          --heartbeat S           seconds (30);  --reconnect S  seconds before it tries again (2)
          --position S            seconds between positions (5, 0 = none);  --batch N  N of them in one 0x0704 (1 = 0x0200)
          --silent                connect and say nothing
        Media
          --video FILE[,FILE…]    Annex B .h264 or .h265 per channel, the last for all further ones; "none" for no video
          --sub FILE[,FILE…]      the same for sub streams; without it main is sent for sub
          --audio FILE[,FILE…]    .aac (ADTS), .alaw, .ulaw, .g726-16…40, .g726le-16…40 (8 kHz mono), .s16 (sent as IMA ADPCM),
                                  .g726-40.s16 and the like (encoded as they say)
          --fps N[/D]             pictures per second (25)
          --channels N | A,B,…    number of channels (2), or their numbers
          --transport T           tcp | udp
          --connection C          channel | terminal | fleet: which streams share a media connection
          --media-sim N           6 | 10 bytes of SIM in media packets
          --body N                largest packet body (950)
          --timestamps T          wall | zero | uptime | N: milliseconds of the first unit
          --sequences S           shared | per-kind: audio and video count together or apart;  --first-sequence N (0)
          --parameter-sets P      every | once: SPS and PPS with every sync sample or the first
          --start-codes S         4 | 3 | none (none at the beginning of a frame)
          --aac A                 adts | raw;  --hisilicon: 4-byte header before audio;  --audio-frame N samples (320)
          --adpcm A               dvi4 | dvi4-low | ima: earlier sample in the high or low bits; ima: the block header is a sample
          --start S               begin | live: each stream begins with the clip, or joins what runs since the start
          --speed X  --batch-ms N faster than real time;  send only every N ms
          --loops N --at-end E    stop after N rounds of the video: close | silent (0 = never)
          --close C               channel | stream: what 0x9102 ends when a channel sends main and sub (stream if there is a sub stream)
        Stored footage
          --footage N             items per channel (3) of --footage-seconds S (60), a minute apart
          --footage-start T       of the first, terminal's time, 2026-01-15T08:00:00 (an hour ago)
          --package N             largest body of a package (1023): smaller makes 0x1205 come in several
          --playback-speed X      times faster than real time (1);  --playback-answer A  list | general: 0x1205 or 0x0001 to 0x9201
        Other
          --control N             port of the command line protocol (0 = any free port; not given = none)
          --no-hash               no SHA-256 of what is sent;  --remember N  units per stream that the command units lists (20000)
          --report FILE           write the answer of the command stats into FILE at the end
          --seed N                of everything random (1)
          --fault COMMAND         a command of the control port before the first connection, also "@SIM/CHANNEL drop 10"; as often as wanted
          --exit-with-parent      end when standard input ends
        Faults (also commands of the control port; --NAME VALUE sets them at the start):
        """ + "\n" + TerminalCommands.Help;

    public required IPEndPoint Server { get; init; }
    public int Terminals { get; init; }
    public double Ramp { get; init; }
    public required string Sim { get; init; }
    public IPAddress? FirstAddress { get; init; }
    public HeaderForm Form { get; init; }
    public required Registration Registration { get; init; }
    public string? Code { get; init; }
    public string? CodesFile { get; init; }
    public double Heartbeat { get; init; }
    public double Reconnect { get; init; }
    public double Position { get; init; }
    public int Batch { get; init; }
    public bool Silent { get; init; }
    public required string[] Video { get; init; }
    public string[]? Sub { get; init; }
    public required string[] Audio { get; init; }
    public long FpsNumerator { get; init; }
    public long FpsDenominator { get; init; }
    public required byte[] Channels { get; init; }
    public bool Udp { get; init; }
    public ConnectionScope Scope { get; init; }
    public required PacketOptions Packets { get; init; }
    public required StreamOptions Stream { get; init; }
    public bool CloseEndsChannel { get; init; }
    public int FootageItems { get; init; }
    public double FootageSeconds { get; init; }
    public DateTime FootageStart { get; init; }
    public int Package { get; init; }
    public double PlaybackSpeed { get; init; }
    public bool PlaybackAnswersList { get; init; }
    public int Seed { get; init; }
    public required ProcessOptions Process { get; init; }

    public static TerminalOptions Parse(Arguments args)
    {
        var (numerator, denominator) = args.Fraction("fps", "25");
        var sub = args.Text("sub")?.Split(',');
        return new TerminalOptions
        {
            Server = IPEndPoint.Parse(args.Text("server") ?? throw new UsageException("--server HOST:PORT is needed")),
            Terminals = args.Number("terminals", 1),
            Ramp = args.Number("ramp", 100.0),
            Sim = args.Text("sim") ?? "013912345678",
            FirstAddress = args.Text("addresses") is { } address ? IPAddress.Parse(address) : null,
            Form = (args.OneOf("version", "2013", "2011", "2019"), args.Flag("wrong-bit14")) switch
            {
                ("2011", false) => HeaderForm.V2011,
                ("2019", false) => HeaderForm.V2019,
                ("2019", true) => HeaderForm.V2019WithoutBit14,
                (_, true) => HeaderForm.V2013WithBit14,
                _ => HeaderForm.V2013,
            },
            Registration = ParseRegistration(args),
            Code = args.Text("code"),
            CodesFile = args.Text("codes"),
            Heartbeat = args.Number("heartbeat", 30.0),
            Reconnect = args.Number("reconnect", 2.0),
            Position = args.Number("position", 5.0),
            Batch = args.Number("batch", 1),
            Silent = args.Flag("silent"),
            Video = (args.Text("video") ?? "none").Split(','),
            Sub = sub,
            Audio = (args.Text("audio") ?? "none").Split(','),
            FpsNumerator = numerator,
            FpsDenominator = denominator,
            Channels = ParseChannels(args.Text("channels") ?? "2"),
            Udp = args.OneOf("transport", "tcp", "udp") == "udp",
            Scope = args.OneOf("connection", "channel", "terminal", "fleet") switch
            {
                "terminal" => ConnectionScope.Terminal,
                "fleet" => ConnectionScope.Fleet,
                _ => ConnectionScope.Channel,
            },
            Packets = ParsePackets(args),
            Stream = ParseStream(args),
            CloseEndsChannel = args.OneOf("close", sub is null ? "channel" : "stream", "channel", "stream") == "channel",
            FootageItems = args.Number("footage", 3),
            FootageSeconds = args.Number("footage-seconds", 60.0),
            FootageStart = args.Text("footage-start") is { } start ? DateTime.Parse(start, CultureInfo.InvariantCulture) : Now().AddHours(-1),
            Package = args.Number("package", FrameWriter.LongestBody),
            PlaybackSpeed = args.Number("playback-speed", 1.0),
            PlaybackAnswersList = args.OneOf("playback-answer", "list", "general") == "list",
            Seed = args.Number("seed", 1),
            Process = ProcessOptions.TakeRest(args, IPAddress.Loopback, "report"),
        };
    }

    /// <summary>SIM of the nth terminal.</summary>
    public string SimOf(int n) => Numbering.Code(Sim, n);

    /// <summary>Address of the nth terminal; null = the system chooses.</summary>
    public IPAddress? AddressOf(int n) => Numbering.Address(FirstAddress, n);

    /// <summary>The plate of the nth terminal: its trailing digits count up.</summary>
    public Registration RegistrationOf(int n)
    {
        var plate = Registration.Plate;
        var stem = plate.TrimEnd("0123456789".ToCharArray());
        if (stem.Length == plate.Length || n == 0)
            return Registration;
        var number = (long.Parse(plate[stem.Length..], CultureInfo.InvariantCulture) + n).ToString(CultureInfo.InvariantCulture);
        return Registration with { Plate = stem + number.PadLeft(plate.Length - stem.Length, '0') };
    }

    /// <summary>GMT+8 to the minute.</summary>
    private static DateTime Now()
    {
        var now = DateTime.UtcNow.AddHours(8);
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute));
    }

    private static Registration ParseRegistration(Arguments args) => new(
        args.Number("province", (ushort)31),
        args.Number("city", (ushort)110),
        args.Text("maker") ?? "SIM01",
        args.Text("model") ?? "SIM-1078",
        args.Text("id") ?? "0000001",
        args.Number("colour", (byte)1),
        args.Text("plate") ?? "沪A10001");

    private static PacketOptions ParsePackets(Arguments args) => new(
        args.OneOf("media-sim", "6", "10") == "10" ? 10 : 6,
        args.Number("body", 950),
        args.OneOf("start-codes", "4", "3", "none") switch { "3" => StartCodes.Short, "none" => StartCodes.None, _ => StartCodes.Long },
        args.OneOf("parameter-sets", "every", "once") == "once",
        args.OneOf("aac", "adts", "raw") == "adts",
        args.Flag("hisilicon"),
        args.Number("audio-frame", 320),
        args.OneOf("adpcm", "dvi4", "dvi4-low", "ima") switch { "dvi4-low" => AdpcmLayout.Dvi4LowFirst, "ima" => AdpcmLayout.Ima, _ => AdpcmLayout.Dvi4 });

    private static StreamOptions ParseStream(Arguments args) => new(
        (args.Text("timestamps") ?? "wall") switch
        {
            "wall" => null,
            "zero" => 0,
            "uptime" => Environment.TickCount64,
            var text => long.Parse(text, CultureInfo.InvariantCulture),
        },
        args.OneOf("sequences", "shared", "per-kind") == "per-kind",
        args.Number("first-sequence", (ushort)0),
        args.Number("speed", 1.0),
        args.Number("batch-ms", 0.0) / 1000,
        args.Number("loops", 0L),
        args.OneOf("start", "begin", "live") == "live",
        args.OneOf("at-end", "close", "silent") == "close",
        !args.Flag("no-hash"),
        args.Number("remember", 20_000));

    private static byte[] ParseChannels(string text)
    {
        if (text.Contains(',', StringComparison.Ordinal))
            return [.. text.Split(',').Select(c => byte.Parse(c, CultureInfo.InvariantCulture))];
        var count = byte.Parse(text, CultureInfo.InvariantCulture);
        return [.. Enumerable.Range(1, count).Select(c => (byte)c)];
    }
}
