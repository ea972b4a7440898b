using System.Globalization;
using System.Net;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Camera;

internal enum StartRule
{
    /// <summary>Every client begins with the first picture of the clip.</summary>
    Begin,

    /// <summary>A client joins what runs since the camera started, in the middle of a GOP.</summary>
    Live,

    /// <summary>The same, from the next sync sample on.</summary>
    LiveKey,
}

internal enum EndRule
{
    /// <summary>RTCP BYE on every track; the connection stays.</summary>
    Bye,

    /// <summary>BYE, then the connection closes.</summary>
    Close,

    /// <summary>The media just stops.</summary>
    Silent,
}

/// <summary>What the command line says.</summary>
internal sealed record CameraOptions
{
    public const string Help = """
        camera: an RTSP 1.0 server that replays a clip to any number of clients; every path name serves it.
          --video FILE            Annex B .h264 or .h265, beginning with a sync sample (FILE.pts: order of display, for B pictures)
          --audio FILE            .aac (ADTS), .alaw or .ulaw (8 kHz mono)
          --alternate FILE        second video for the commands params and alternate-every-gop; same codec
          --other FILE            another video, of any codec, for the command other; --other-audio FILE: its audio (not given = none)
          --fps N[/D]             pictures per second (25)
          --bind A --port N       where to listen (127.0.0.1, 0 = any free port)
          --control N             port of the command line protocol (0 = any free port; not given = none)
          --transport T           any | tcp | udp: what SETUP accepts, otherwise 461
          --start S               begin | live | live-key
          --loops N --at-end E    stop after N rounds of the video: bye | close | silent (0 = never)
          --speed X               X times faster than real time; timestamps and sender reports stay nominal
          --batch-ms N            send what is due only every N ms (0 = as it falls due)
          --user U --password P   credentials; --auth basic | digest | digest-qop | digest-sha256 | both
          --session-timeout N     announce N seconds and close a session that is silent for longer
          --no-get-parameter      OPTIONS does not list GET_PARAMETER, and 501 answers it
          --redirect URL          answer DESCRIBE with 302
          --first-timestamp N --first-sequence N    otherwise random
          --mtu N                 largest RTP payload (1400)
          --no-aggregate          no STAP-A, no AP
          --marker M              access-unit | none | nal-unit
          --parameter-sets P      both | sdp | stream
          --seed N                of everything random (1)
          --count FILE            write the answer of the command stats into FILE at the end
          --exit-with-parent      end when standard input ends
          --print-port            accepted for clarity; "listening HOST:PORT control PORT" is always the first line of output
        Faults (also commands of the control port; --NAME VALUE, or --fault '@/path NAME VALUE', sets them at the start):
        """ + "\n" + ControlCommands.Help;

    public required string Video { get; init; }
    public string? Audio { get; init; }
    public string? Alternate { get; init; }
    public string? Other { get; init; }
    public string? OtherAudio { get; init; }
    public long FpsNumerator { get; init; }
    public long FpsDenominator { get; init; }
    public required IPAddress Bind { get; init; }
    public int Port { get; init; }
    public bool AllowTcp { get; init; }
    public bool AllowUdp { get; init; }
    public StartRule Start { get; init; }
    public long Loops { get; init; }
    public EndRule AtEnd { get; init; }
    public double Speed { get; init; }
    public double BatchSeconds { get; init; }
    public string? User { get; init; }
    public string Password { get; init; } = "";
    public AuthenticationScheme Scheme { get; init; }
    public int? SessionTimeout { get; init; }
    public bool HasGetParameter { get; init; }
    public string? Redirect { get; init; }
    public uint? FirstTimestamp { get; init; }
    public ushort? FirstSequence { get; init; }
    public required PacketizerOptions Packetizer { get; init; }
    public bool SpropInSdp { get; init; }
    public int Seed { get; init; }
    public required ProcessOptions Process { get; init; }

    public static CameraOptions Parse(Arguments args)
    {
        args.Flag("print-port");
        var (numerator, denominator) = args.Fraction("fps", "25");
        var bind = IPAddress.Parse(args.Text("bind") ?? "127.0.0.1");
        var transport = args.OneOf("transport", "any", "tcp", "udp");
        var parameterSets = args.OneOf("parameter-sets", "both", "sdp", "stream");
        return new CameraOptions
        {
            Video = args.Text("video") ?? throw new UsageException("--video FILE is needed"),
            Audio = args.Text("audio"),
            Alternate = args.Text("alternate"),
            Other = args.Text("other"),
            OtherAudio = args.Text("other-audio"),
            FpsNumerator = numerator,
            FpsDenominator = denominator,
            Bind = bind,
            Port = args.Number("port", 0),
            AllowTcp = transport != "udp",
            AllowUdp = transport != "tcp",
            Start = args.OneOf("start", "begin", "live", "live-key") switch { "live" => StartRule.Live, "live-key" => StartRule.LiveKey, _ => StartRule.Begin },
            Loops = args.Number("loops", 0L),
            AtEnd = args.OneOf("at-end", "bye", "close", "silent") switch { "close" => EndRule.Close, "silent" => EndRule.Silent, _ => EndRule.Bye },
            Speed = args.Number("speed", 1.0),
            BatchSeconds = args.Number("batch-ms", 0.0) / 1000,
            User = args.Text("user"),
            Password = args.Text("password") ?? "",
            Scheme = args.OneOf("auth", "digest", "basic", "digest-qop", "digest-sha256", "both") switch
            {
                "basic" => AuthenticationScheme.Basic,
                "digest-qop" => AuthenticationScheme.DigestQop,
                "digest-sha256" => AuthenticationScheme.DigestSha256,
                "both" => AuthenticationScheme.Both,
                _ => AuthenticationScheme.Digest,
            },
            SessionTimeout = args.Number("session-timeout", 0) is > 0 and var timeout ? timeout : null,
            HasGetParameter = !args.Flag("no-get-parameter"),
            Redirect = args.Text("redirect"),
            FirstTimestamp = args.Text("first-timestamp") is { } timestamp ? uint.Parse(timestamp, CultureInfo.InvariantCulture) : null,
            FirstSequence = args.Text("first-sequence") is { } sequence ? ushort.Parse(sequence, CultureInfo.InvariantCulture) : null,
            Packetizer = new PacketizerOptions(
                args.Number("mtu", 1400),
                !args.Flag("no-aggregate"),
                args.OneOf("marker", "access-unit", "none", "nal-unit") switch { "none" => MarkerRule.None, "nal-unit" => MarkerRule.NalUnit, _ => MarkerRule.AccessUnit },
                parameterSets != "sdp"),
            SpropInSdp = parameterSets != "stream",
            Seed = args.Number("seed", 1),
            Process = ProcessOptions.TakeRest(args, bind, "count"),
        };
    }
}
