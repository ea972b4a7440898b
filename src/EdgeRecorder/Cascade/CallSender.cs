using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Cascade;

/// <summary>The program stream of one call. Tracks may change while it runs; time stamps and sequence go on.</summary>
internal sealed class CallSender(IRtpTransport transport, uint ssrc, byte payloadType, Action<int, int> count)
{
    private InitSegment? _format;
    private PsSender? _sender;
    private bool _awaitsPicture;                            // a stream begins with a pack, and only pictures have one

    public IRtpTransport Transport => transport;

    public void Describe(InitSegment format)
    {
        if (_format is not null && (ReferenceEquals(format, _format) || format.SameFormat(_format)))
            return;
        (_format, _awaitsPicture) = (format, format.Tracks.Any(track => track.IsVideo));
        var video = format.Tracks.FirstOrDefault(track => track.IsVideo)?.Codec;
        var audio = format.Tracks.FirstOrDefault(track => !track.IsVideo)?.Codec;
        if (_sender is null)
            _sender = new(video, audio, ssrc, transport) { PayloadType = payloadType };
        else
            _sender.Change(video, audio);
    }

    /// <summary>One unit of the format that was described; one that there is no room for is left out, with those that need it.</summary>
    /// <param name="payload">Stays the caller's.</param>
    public void Send(in FragmentUnit unit, in Payload payload, long pts90k)
    {
        if (_awaitsPicture && !unit.Track.IsVideo || transport.HasEnded)
            return;
        _awaitsPicture &= !unit.IsSync;
        var (packets, dropped) = (_sender!.Packets, _sender.Dropped);
        _sender.Send(new AccessUnit { Track = unit.Track, Pts = unit.Pts90k, IsSync = unit.IsSync, Payload = payload, ArrivalUs = 0 }, pts90k);
        count((int)(_sender.Packets - packets), (int)(_sender.Dropped - dropped));
    }
}
