using System.Globalization;
using System.Net;
using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Sdp;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>s= of a session description: what the session is for.</summary>
internal enum SessionPurpose : byte { Play, Playback, Download, Talk }

/// <summary>How media travels.</summary>
internal enum MediaTransport : byte { Udp, Tcp }

/// <summary>a=setup: who connects; that of the description's sender.</summary>
internal enum SetupRole : byte { Active, Passive }

/// <summary>Which way media goes, as the description's sender sees it.</summary>
internal enum MediaDirection : byte { ReceiveOnly, SendOnly, Both }

/// <summary>A payload type and what it stands for, <c>96 PS/90000</c>.</summary>
internal readonly record struct PayloadFormat(byte Type, string Encoding, int ClockRate)
{
    public static readonly PayloadFormat Ps = new(96, "PS", 90_000);
    public static readonly PayloadFormat Mpeg4 = new(97, "MPEG4", 90_000);
    public static readonly PayloadFormat H264 = new(98, "H264", 90_000);
    public static readonly PayloadFormat H265 = new(100, "H265", 90_000);

    /// <summary>What a live offer of ours lists: the first is meant, the others are there because devices look for them.</summary>
    public static readonly IReadOnlyList<PayloadFormat> Offered = [Ps, H264, Mpeg4, H265];
}

/// <summary>
/// The offer or answer of a media session (GB/T 28181-2022, 9.2 and annex G): SDP with y= and f= behind it, t= in Unix seconds and u= naming the channel and kind of stored footage.
/// </summary>
internal sealed record GbDescription
{
    private const string Protocol = "SDP of GB/T 28181";
    private const int LargestBytes = 16 * 1024;
    private const long UnixEpochInNtp = 2_208_988_800;

    /// <summary>o=: the code of whoever wrote it. Devices put what they like there.</summary>
    public string Owner { get; init; } = "";

    /// <summary>c=, of the media section where it has one.</summary>
    public IPAddress? Address { get; init; }

    public SessionPurpose Purpose { get; init; }

    /// <summary>u=: channel and kind of footage (0 all, 1 manual, 2 alarm, 3 time), for playback and download.</summary>
    public string? Footage { get; init; }

    /// <summary>t=; null is 0, live.</summary>
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }

    /// <summary>m=audio instead of m=video.</summary>
    public bool IsAudio { get; init; }

    public int Port { get; init; }
    public MediaTransport Transport { get; init; }
    public MediaDirection Direction { get; init; }
    public IReadOnlyList<PayloadFormat> Formats { get; init; } = [];

    /// <summary>TCP only; null where nothing is said, which is the complement of the other side's.</summary>
    public SetupRole? Setup { get; init; }

    public int? DownloadSpeed { get; init; }

    /// <summary>a=filesize, bytes; answers to downloads.</summary>
    public long? FileSize { get; init; }

    /// <summary>a=streamnumber (2022): 0 main, 1 sub.</summary>
    public int? StreamNumber { get; init; }

    /// <summary>y=</summary>
    public uint? Ssrc { get; init; }

    /// <summary>f=, informative: v/codec/size/rate/kind/kbps a/codec/kbps/sampling.</summary>
    public string? Format { get; init; }

    /// <summary>Further a= lines for devices that want something of their own, e.g. <c>streamprofile:1</c>. Written, not read.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <exception cref="ProtocolException">It is too large, has no media, or what it says cannot be meant.</exception>
    public static GbDescription Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LargestBytes)
            throw new ProtocolException(Protocol, LargestBytes, "description", $"is larger than {LargestBytes} bytes");
        var session = SessionDescription.Parse(bytes);
        var media = session.Media.Find(section => section.Kind == "video" && section.Port != 0) ?? session.Media.Find(section => section.Kind == "audio" && section.Port != 0)
            ?? session.Media.Find(section => section.Kind is "video" or "audio") ?? throw new ProtocolException(Protocol, 0, "m", "no section of video or audio");
        var isTcp = media.Protocol.Contains("TCP", StringComparison.OrdinalIgnoreCase);
        var times = (session.Line('t') ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new()
        {
            Owner = Word(session.Line('o'), 0),
            Address = ReadAddress(session.Line('c', media)),
            Purpose = ReadPurpose(session.Line('s')),
            Footage = session.Line('u'),
            From = ReadTime(times, 0),
            To = ReadTime(times, 1),
            IsAudio = media.Kind == "audio",
            Port = media.Port,
            Transport = isTcp ? MediaTransport.Tcp : MediaTransport.Udp,
            Direction = Has("sendonly") ? MediaDirection.SendOnly : Has("recvonly") ? MediaDirection.ReceiveOnly : MediaDirection.Both,
            Formats = [.. media.PayloadTypes.Select(type => ReadFormat(media, type))],
            Setup = !isTcp ? null : Attribute("setup")?.ToLowerInvariant() switch { "active" => SetupRole.Active, "passive" => SetupRole.Passive, _ => null },
            DownloadSpeed = (int?)Number("downloadspeed", 128),
            FileSize = Number("filesize", long.MaxValue),
            StreamNumber = (int?)Number("streamnumber", 255),
            Ssrc = Gb28181.Media.Ssrc.TryParse(session.Line('y', media), out var ssrc) ? ssrc : null,
            Format = session.Line('f', media),
        };

        string? Attribute(string name) => media.Attribute(name) ?? SessionDescription.Find(session.Attributes, name);
        bool Has(string name) => Attribute(name) is not null;
        long? Number(string name, long max) => long.TryParse(Attribute(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= max ? value : null;
    }

    /// <summary>Lines end in CR LF, in the order of the standard's examples.</summary>
    /// <exception cref="InvalidOperationException">There is no address or no format in it.</exception>
    public byte[] Write()
    {
        if (Address is null || Formats.Count == 0)
            throw new InvalidOperationException("a description needs an address and a format");
        var text = new StringBuilder();
        var family = Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IP6" : "IP4";
        Line("v=0");
        Line($"o={Owner} 0 0 IN {family} {Address}");
        Line($"s={Purpose}");
        if (Footage is not null)
            Line($"u={Footage}");
        Line($"c=IN {family} {Address}");
        Line($"t={From?.ToUnixTimeSeconds() ?? 0} {To?.ToUnixTimeSeconds() ?? 0}");
        Line($"m={(IsAudio ? "audio" : "video")} {Port} {(Transport == MediaTransport.Tcp ? "TCP/" : "")}RTP/AVP {string.Join(' ', Formats.Select(format => format.Type))}");
        Line(Direction switch { MediaDirection.SendOnly => "a=sendonly", MediaDirection.ReceiveOnly => "a=recvonly", _ => "a=sendrecv" });
        foreach (var format in Formats)
            Line($"a=rtpmap:{format.Type} {format.Encoding}/{format.ClockRate}");
        if (Transport == MediaTransport.Tcp && Setup is { } setup)
        {
            Line(setup == SetupRole.Active ? "a=setup:active" : "a=setup:passive");
            Line("a=connection:new");
        }
        if (DownloadSpeed is { } speed)
            Line($"a=downloadspeed:{speed}");
        if (FileSize is { } size)
            Line($"a=filesize:{size}");
        if (StreamNumber is { } number)
            Line($"a=streamnumber:{number}");
        foreach (var extra in Extra)
            Line($"a={extra}");
        if (Ssrc is { } ssrc)
            Line($"y={Gb28181.Media.Ssrc.ToText(ssrc)}");
        if (Format is not null)
            Line($"f={Format}");
        return Encoding.UTF8.GetBytes(text.ToString());

        void Line(string line) => text.Append(line).Append("\r\n");
    }

    private static SessionPurpose ReadPurpose(string? name)
        => Enum.TryParse<SessionPurpose>(name, ignoreCase: true, out var purpose) && Enum.IsDefined(purpose) ? purpose : SessionPurpose.Play;

    /// <summary>IN IP4 192.0.2.10</summary>
    private static IPAddress? ReadAddress(string? line) => IPAddress.TryParse(Word(line, 2).Split('/')[0], out var address) ? address : null;

    /// <summary>Unix seconds; some count from 1900 as RFC 4566 has it.</summary>
    private static DateTimeOffset? ReadTime(string[] words, int index)
    {
        if (index >= words.Length || !long.TryParse(words[index], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is 0 or > 2 * UnixEpochInNtp)
            return null;
        return DateTimeOffset.FromUnixTimeSeconds(seconds > UnixEpochInNtp ? seconds - UnixEpochInNtp : seconds);
    }

    private static PayloadFormat ReadFormat(MediaDescription media, byte type)
    {
        if (media.ForPayloadType("rtpmap", type) is null && type >= 96)
            return type switch                              // what devices mean that do not say it
            {
                98 => PayloadFormat.H264,
                100 => PayloadFormat.H265,
                97 => PayloadFormat.Mpeg4,
                _ => PayloadFormat.Ps with { Type = type },
            };
        var map = RtpMap.Of(media, type);
        return new(type, map.Encoding, map.ClockRate);
    }

    private static string Word(string? line, int index)
    {
        var words = (line ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return index < words.Length ? words[index] : "";
    }
}
