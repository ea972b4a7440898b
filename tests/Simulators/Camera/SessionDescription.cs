using System.Text;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>Writes the answer to DESCRIBE (RFC 4566), right or wrong in one of the ways that <see cref="Variants"/> lists.</summary>
internal static class SessionDescription
{
    private const int HugeBytes = 2 << 20;

    /// <summary>Names of what can be wrong, with the reason to try it.</summary>
    public static readonly string[] Variants =
    [
        "no-fmtp",            // parameter sets come in-band only; AAC cannot be understood
        "no-sprop",           // fmtp without parameter sets
        "no-rtpmap",          // a dynamic payload type that nothing explains
        "bad-sprop",          // base64 that is none
        "wrong-codec",        // H.265 announced as H.264 and the other way round
        "unknown-codec",      // m= lines of codecs nobody knows before and after the right ones
        "only-unknown",       // nothing but those
        "no-media",           // no m= line
        "empty",              // a body of no bytes
        "garbage",            // a body that is no SDP
        "huge",               // 2 MiB of attributes
        "no-control",         // no a=control: SETUP goes to the URL of the presentation
        "absolute-control",   // a=control with whole URLs
    ];

    /// <param name="url">The presentation, without a slash at its end.</param>
    public static string Write(IReadOnlyList<RtpTrack> tracks, string url, string host, bool withSprop, string? variant)
    {
        switch (variant)
        {
            case "empty":
                return "";
            case "garbage":
                return "<html><body>404</body></html>\r\n\0\x7F=\r\nm=\r\nm=video\r\na=rtpmap:\r\n";
        }
        var sdp = new StringBuilder();
        sdp.Append("v=0\r\n").Append("o=- 1 1 IN IP4 ").Append(host).Append("\r\n").Append("s=simulated camera\r\n")
            .Append("c=IN IP4 0.0.0.0\r\n").Append("t=0 0\r\n");
        if (variant != "no-control")
            sdp.Append("a=control:").Append(variant == "absolute-control" ? url + "/" : "*").Append("\r\n");
        sdp.Append("a=range:npt=now-\r\n");
        if (variant == "huge")
            while (sdp.Length < HugeBytes)
                sdp.Append("a=x-nothing:").Append('x', 100).Append("\r\n");
        if (variant is "unknown-codec" or "only-unknown")
            sdp.Append("m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:trackID=90\r\n")
                .Append("m=video 0 RTP/AVP 99\r\na=rtpmap:99 HOLOGRAM/90000\r\na=control:trackID=91\r\n");
        if (variant is not ("no-media" or "only-unknown"))
            for (var i = 0; i < tracks.Count; i++)
                Media(sdp, tracks[i].Format, variant == "absolute-control" ? $"{url}/trackID={i}" : $"trackID={i}", withSprop, variant);
        if (variant == "unknown-codec")
            sdp.Append("m=audio 0 RTP/AVP 98\r\na=rtpmap:98 TELEPATHY/8000\r\na=control:trackID=92\r\n");
        return sdp.ToString();
    }

    private static void Media(StringBuilder sdp, TrackFormat format, string control, bool withSprop, string? variant)
    {
        sdp.Append("m=").Append(format.Media).Append(" 0 RTP/AVP ").Append(format.PayloadType).Append("\r\n");
        if (variant != "no-rtpmap")
            sdp.Append("a=rtpmap:").Append(variant == "wrong-codec" ? WrongCodec(format.RtpMap) : format.RtpMap).Append("\r\n");
        var parameters = Parameters(format, withSprop, variant);
        if (variant != "no-fmtp" && parameters.Length > 0)
            sdp.Append("a=fmtp:").Append(format.PayloadType).Append(' ').Append(parameters).Append("\r\n");
        if (format.IsVideo)
            sdp.Append("a=framerate:").Append(format.UnitRateNumerator / format.UnitRateDenominator).Append("\r\n");
        if (variant != "no-control")
            sdp.Append("a=control:").Append(control).Append("\r\n");
    }

    private static string Parameters(TrackFormat format, bool withSprop, string? variant)
    {
        var sprop = variant switch
        {
            "no-sprop" => "",
            // '*' is in no base64 alphabet; the length is wrong as well.
            "bad-sprop" => format.Sprop.Replace("=", "=*!", StringComparison.Ordinal),
            _ => withSprop ? format.Sprop : "",
        };
        return format.Fmtp.Length > 0 && sprop.Length > 0 ? $"{format.Fmtp}; {sprop}" : format.Fmtp + sprop;
    }

    private static string WrongCodec(string map) => map.Contains("H264", StringComparison.Ordinal)
        ? map.Replace("H264", "H265", StringComparison.Ordinal)
        : map.Replace("H265", "H264", StringComparison.Ordinal);
}
