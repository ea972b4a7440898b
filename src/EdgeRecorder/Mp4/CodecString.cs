using System.Globalization;
using System.Text;
using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// Names of formats as RFC 6381 and ISO/IEC 14496-15 annex E spell them: what a browser is asked whether it can play, and HLS puts into CODECS.
/// What is not known yet gets a name that every decoder of the codec takes.
/// </summary>
internal static class CodecString
{
    private const int H264SpsType = 7;

    /// <summary><c>video/mp4; codecs="…"</c>; audio/mp4 without video.</summary>
    public static string Mime(IReadOnlyList<Track> tracks) => $"{(tracks.Any(track => track.IsVideo) ? "video" : "audio")}/mp4; codecs=\"{Of(tracks)}\"";

    public static string Of(IReadOnlyList<Track> tracks) => string.Join(", ", tracks.Select(Of));

    public static string Of(Track track) => track.Codec switch
    {
        Codec.H264 => OfH264(track.ParameterSets),
        Codec.H265 => OfH265(track.ParameterSets),
        Codec.Aac => $"mp4a.40.{AudioObjectType(track.AudioSpecificConfig).ToString(CultureInfo.InvariantCulture)}",
        Codec.G711A => "alaw",
        _ => "ulaw",
    };

    /// <summary>RFC 6381, 3.3: profile_idc, constraint flags and level_idc of the SPS in hexadecimal.</summary>
    private static string OfH264(IReadOnlyList<byte[]> sets)
        => sets.FirstOrDefault(set => set.Length > 3 && (set[0] & 0x1F) == H264SpsType) is { } sps ? $"avc3.{Convert.ToHexString(sps, 1, 3)}" : "avc3.42001E";

    /// <summary>ISO/IEC 14496-15, E.3: profile, compatibility flags with their bits reversed, tier and level, constraint bytes without the zero ones at the end.</summary>
    private static string OfH265(IReadOnlyList<byte[]> sets)
    {
        // general_profile_space 2, tier 1, profile_idc 5 bits; 4 bytes of compatibility; 6 of constraints; level_idc.
        var general = ParameterSets.OfH265(sets).ProfileTierLevel.AsSpan();
        if (general[11] == 0)
            return "hev1.1.6.L93.B0";
        var text = new StringBuilder("hev1.");
        if (general[0] >> 6 is var space and > 0)
            text.Append((char)('A' + space - 1));
        text.Append(CultureInfo.InvariantCulture, $"{general[0] & 0x1F}.{Reversed(general.Slice(1, 4)):X}.{((general[0] & 0x20) != 0 ? 'H' : 'L')}{general[11]}");
        foreach (var constraint in general.Slice(5, 6).TrimEnd((byte)0))
            text.Append(CultureInfo.InvariantCulture, $".{constraint:X}");
        return text.ToString();
    }

    private static uint Reversed(ReadOnlySpan<byte> bytes)
    {
        uint reversed = 0;
        for (var bit = 0; bit < 32; bit++)
            reversed |= (uint)(bytes[bit / 8] >> (7 - bit % 8) & 1) << bit;
        return reversed;
    }

    /// <summary>audioObjectType (ISO/IEC 14496-3, 1.6.2.1): five bits, or 32 plus six more behind 31.</summary>
    private static int AudioObjectType(ReadOnlySpan<byte> config)
    {
        if (config.Length < 2)
            return 2;                                       // AAC LC
        var type = config[0] >> 3;
        return type == 31 ? 32 + ((config[0] & 7) << 3 | config[1] >> 5) : type;
    }
}
