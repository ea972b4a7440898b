using System.Globalization;

namespace EdgeRecorder.Jt1078;

/// <summary>Codecs as JT/T 1078-2016 numbers them (table 12). Not RFC 3551: 6 is A-law here and 8 is G.726.</summary>
internal static class PayloadTypes
{
    public const byte G711A = 6, G711U = 7, G726 = 8, Aac = 19, HeAac = 21, AacLc = 24, ImaAdpcm = 26, H264 = 98, H265 = 99;

    private static readonly string[] Audio =
    [
        "reserved", "G.721", "G.722", "G.723", "G.728", "G.729", "G.711 A-law", "G.711 µ-law", "G.726", "G.729A", "DVI4", "DVI4", "DVI4 8K", "DVI4 16K", "LPC", "S16BE stereo",
        "S16BE mono", "MPEG audio", "LPCM", "AAC", "WMA9", "HE-AAC", "PCM voice", "PCM audio", "AAC-LC", "MP3", "ADPCM", "MP4 audio", "AMR",
    ];

    /// <summary>The packet does not say which codec this is: 0, reserved and custom numbers.</summary>
    public static bool IsUnspecific(byte type) => type == 0 || type >= Audio.Length && type is not (H264 or H265 or 91 or 100 or 101);

    public static string NameOf(byte type)
    {
        var name = type switch
        {
            H264 => "H.264",
            H265 => "H.265",
            100 => "AVS",
            101 => "SVAC",
            91 => "passthrough",
            _ => type < Audio.Length ? Audio[type] : type > 110 ? "custom" : "reserved",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{name} ({type})");
    }
}
