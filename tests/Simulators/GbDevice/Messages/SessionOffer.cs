using System.Globalization;
using System.Net;
using System.Text;

namespace EdgeRecorder.Simulators.GbDevice.Messages;

/// <summary>The session description of an INVITE (GB/T 28181-2022, 9.2 and annex G).</summary>
internal sealed record SessionOffer
{
    /// <summary>Play, Playback, Download or Talk.</summary>
    public required string Name { get; init; }

    /// <summary>u= up to its colon.</summary>
    public string? Channel { get; init; }

    /// <summary>Unix seconds; 0 is live.</summary>
    public long From { get; init; }
    public long To { get; init; }
    public required IPAddress Address { get; init; }
    public int Port { get; init; }
    public bool IsTcp { get; init; }

    /// <summary>active or passive; null over UDP.</summary>
    public string? Setup { get; init; }
    public required IReadOnlyDictionary<byte, string> Formats { get; init; }
    public int Speed { get; init; } = 1;
    public bool IsSub { get; init; }
    public uint? Ssrc { get; init; }

    public bool IsLive => Name == "Play";

    /// <exception cref="MalformedException">A platform does not write that.</exception>
    public static SessionOffer Read(byte[] body)
    {
        var lines = Encoding.UTF8.GetString(body).Split("\r\n");
        if (lines is not [.., ""])
            throw new MalformedException("SDP: the last line does not end in CR LF");
        string? Line(char kind) => Array.Find(lines, l => l.StartsWith(kind + "=", StringComparison.Ordinal))?[2..];
        string? Attribute(string name) => Array.Find(lines, l => l.StartsWith($"a={name}:", StringComparison.Ordinal))?[(name.Length + 3)..];
        string Required(char kind) => Line(kind) ?? throw new MalformedException($"SDP: no {kind}=");

        try
        {
            if (lines[0] != "v=0")
                throw new MalformedException("SDP: does not begin with v=0");
            var owner = Required('o').Split(' ');
            if (owner is not [{ Length: 20 }, _, _, "IN", "IP4", _])
                throw new MalformedException($"SDP: o={string.Join(' ', owner)}");
            var media = Required('m').Split(' ');
            if (media is not ["video" or "audio", _, "RTP/AVP" or "TCP/RTP/AVP", _, ..])
                throw new MalformedException($"SDP: m={string.Join(' ', media)}");
            var times = Required('t').Split(' ');
            var maps = lines.Where(l => l.StartsWith("a=rtpmap:", StringComparison.Ordinal)).Select(l => l[9..].Split(' ')).ToDictionary(w => byte.Parse(w[0], CultureInfo.InvariantCulture), w => w[1]);
            var isTcp = media[2].StartsWith("TCP", StringComparison.Ordinal);
            if (isTcp && Attribute("setup") is not ("active" or "passive"))
                throw new MalformedException("SDP: TCP without a=setup");
            return new()
            {
                Name = Required('s') is "Play" or "Playback" or "Download" or "Talk" ? Required('s') : throw new MalformedException($"SDP: s={Required('s')}"),
                Channel = Line('u')?.Split(':')[0],
                From = long.Parse(times[0], CultureInfo.InvariantCulture),
                To = long.Parse(times[1], CultureInfo.InvariantCulture),
                Address = Required('c').Split(' ') is ["IN", "IP4", var address] ? IPAddress.Parse(address) : throw new MalformedException($"SDP: c={Line('c')}"),
                Port = int.Parse(media[1], CultureInfo.InvariantCulture),
                IsTcp = isTcp,
                Setup = isTcp ? Attribute("setup") : null,
                Formats = media.AsSpan(3).ToArray().Select(t => byte.Parse(t, CultureInfo.InvariantCulture)).ToDictionary(t => t, t => maps.GetValueOrDefault(t, "")),
                Speed = Attribute("downloadspeed") is { } speed ? int.Parse(speed, CultureInfo.InvariantCulture) : 1,
                IsSub = Attribute("streamnumber") is { } number ? number != "0" : Attribute("streamprofile") == "1" || Attribute("streamMode") == "SUB",
                Ssrc = Line('y') is not { } y ? null : y.Length == 10 ? uint.Parse(y, CultureInfo.InvariantCulture) : throw new MalformedException($"SDP: y={y}"),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new MalformedException($"SDP: {e.Message}");
        }
    }

    /// <param name="setup">This side's, over TCP.</param>
    /// <param name="ssrc">Null: no y= line.</param>
    public byte[] Answer(string channel, IPAddress local, int port, byte type, string? setup, uint? ssrc, string format, long? fileSize)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append("\r\n");

        Line("v=0");
        Line($"o={channel} 0 0 IN IP4 {local}");
        Line($"s={Name}");
        if (Channel is not null)
            Line($"u={Channel}:0");
        Line($"c=IN IP4 {local}");
        Line($"t={From} {To}");
        Line($"m=video {port} {(setup is null ? "RTP/AVP" : "TCP/RTP/AVP")} {type}");
        Line("a=sendonly");
        Line($"a=rtpmap:{type} {Formats[type]}");
        if (setup is not null)
        {
            Line($"a=setup:{setup}");
            Line("a=connection:new");
        }
        if (fileSize is not null)
            Line($"a=filesize:{fileSize}");
        if (ssrc is not null)
            Line($"y={ssrc:D10}");
        Line($"f={format}");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
