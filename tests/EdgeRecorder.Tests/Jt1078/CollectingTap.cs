using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Rtsp;

namespace EdgeRecorder.Tests.Jt1078;

/// <summary>Keeps everything a lease delivers.</summary>
internal sealed class CollectingTap : ITerminalTap
{
    public CollectingSink Sink { get; } = new();
    public List<string> Ends { get; } = [];
    public List<byte[]> Bodies { get; } = [];

    public IReadOnlyList<CollectedUnit> Video => Sink.Video;
    public IReadOnlyList<CollectedUnit> Audio => Sink.Audio;

    public void Announce(IReadOnlyList<Track> tracks) => Sink.Announce(tracks);
    public void Add(in AccessUnit unit) => Sink.Add(unit);
    public void Lost(int accessUnits, string why) => Sink.Lost(accessUnits, why);

    public void Ended(string why)
    {
        lock (Ends)
            Ends.Add(why);
    }

    public void Passthrough(ReadOnlySpan<byte> body) => Bodies.Add(body.ToArray());

    /// <summary>NAL units of a picture in hexadecimal.</summary>
    public static string Hex(CollectedUnit unit) => string.Join(' ', unit.NalUnits.Select(Convert.ToHexString));
}
