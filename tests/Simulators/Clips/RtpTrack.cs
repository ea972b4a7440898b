namespace EdgeRecorder.Simulators.Clips;

/// <summary>What goes out at one instant: an access unit, in one or more RTP packets.</summary>
/// <param name="Offset">Where its first packet's interleaved header begins in <see cref="RtpTrack.Wire"/>.</param>
/// <param name="Length">Bytes on the wire, interleaved headers included.</param>
/// <param name="FirstPacket">Index into <see cref="RtpTrack.Packets"/>.</param>
/// <param name="PresentationShift">Presentation time minus decode time, in ticks of the track's clock.</param>
/// <param name="MediaBytes">Bytes of the elementary stream in it: NAL units without start codes, or the audio frame.</param>
internal readonly record struct RtpUnit(int Offset, int Length, int FirstPacket, int PacketCount, int PresentationShift, bool IsSync, int MediaBytes);

/// <summary>
/// One elementary stream, packetized once. A client changes channel, sequence number, timestamp and SSRC in place and sends the bytes as they lie,
/// so that the cost of a packet is four stores.
/// </summary>
/// <remarks>
/// Wire: packets one behind the other, each
/// <code>'$' | channel | length (2) | V P X CC | M PT | sequence (2) | timestamp (4) | SSRC (4) | payload</code>
/// Only the pacer's thread touches it.
/// </remarks>
internal sealed class RtpTrack(TrackFormat format, byte[] wire, int[] packets, RtpUnit[] units)
{
    public const int InterleavedHeader = 4;
    public const int RtpHeader = 12;

    public TrackFormat Format => format;
    public byte[] Wire => wire;

    /// <summary>Where each packet begins in <see cref="Wire"/>; one entry more than packets, so that the next one's beginning is this one's end.</summary>
    public int[] Packets => packets;

    public RtpUnit[] Units => units;

    /// <summary>Indices of the units where a decoder can start.</summary>
    public int[] Syncs { get; } = [.. Enumerable.Range(0, units.Length).Where(i => units[i].IsSync)];

    /// <summary>Decode time of the nth unit since the start of play, in ticks of the track's clock; whole numbers, so that nothing drifts over days.</summary>
    public long TimestampOf(long n) => n * format.ClockRate * format.UnitRateDenominator / format.UnitRateNumerator;

    /// <summary>The same in seconds.</summary>
    public double SecondsOf(long n) => (double)n * format.UnitRateDenominator / format.UnitRateNumerator;
}

/// <summary>How a track is described in SDP and how fast it runs.</summary>
/// <param name="Media">The m= line's media: video or audio.</param>
/// <param name="Encoding">Encoding name of the rtpmap (RFC 4566, 6).</param>
/// <param name="Channels">Audio channels; 0 for video.</param>
/// <param name="Fmtp">Format parameters without those that carry parameter sets.</param>
/// <param name="Sprop">Format parameters that carry parameter sets, one string per set, in the form <c>name=base64</c>.</param>
internal sealed record TrackFormat(
    string Media, string Encoding, int PayloadType, int ClockRate, int Channels, long UnitRateNumerator, long UnitRateDenominator,
    string Fmtp, string Sprop)
{
    public bool IsVideo => Media == "video";

    public string RtpMap => Channels > 1 ? $"{PayloadType} {Encoding}/{ClockRate}/{Channels}" : $"{PayloadType} {Encoding}/{ClockRate}";
}
