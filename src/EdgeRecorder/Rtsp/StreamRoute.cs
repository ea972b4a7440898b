using System.Globalization;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Rtsp;

/// <summary>How one media stream of a session comes in.</summary>
/// <param name="stream">Where it goes.</param>
/// <param name="control">The URL it was set up with.</param>
/// <param name="ports">Null over TCP.</param>
/// <param name="controlChannel">Interleaved channel of RTCP, for our reports.</param>
internal sealed class StreamRoute(RtpStream stream, string control, UdpPorts? ports, byte controlChannel)
{
    public RtpStream Stream => stream;
    public string Control => control;
    public UdpPorts? Ports => ports;
    public byte ControlChannel => controlChannel;

    /// <summary>Runs until the ports are closed.</summary>
    public Task Reading { get; set; } = Task.CompletedTask;
}

/// <summary>The RTP-Info header of a PLAY response (RFC 2326, 12.33).</summary>
internal static class RtpInfo
{
    /// <summary>Gives every stream its rtptime: by URL, or in order where URLs do not tell (cameras write other hosts, relative ones, or none).</summary>
    public static void Read(string header, IReadOnlyList<StreamRoute> routes)
    {
        var index = 0;
        foreach (var entry in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string? url = null;
            uint? time = null;
            foreach (var part in entry.Split(';', StringSplitOptions.TrimEntries))
                if (part.StartsWith("url=", StringComparison.OrdinalIgnoreCase))
                    url = part[4..].Trim('"');
                else if (part.StartsWith("rtptime=", StringComparison.OrdinalIgnoreCase)
                         && uint.TryParse(part.AsSpan(8), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                    time = value;
            var route = routes.FirstOrDefault(route => url is { Length: > 0 } && route.Control.EndsWith(url, StringComparison.Ordinal))
                        ?? (index < routes.Count ? routes[index] : null);
            if (route is not null)
                route.Stream.RtpInfo = time;
            index++;
        }
    }
}
