using EdgeRecorder.MpegPs;
using EdgeRecorder.Tests.Rtsp;

namespace EdgeRecorder.Tests.MpegPs;

/// <summary>A receiver and all that it delivers.</summary>
internal sealed class PsRig : IDisposable
{
    private long _nowUs = 60_000_000;

    public PsRig(bool expectsAudio = true) => Receiver = new(Sink, expectsAudio);

    public CollectingSink Sink { get; } = new();
    public PsReceiver Receiver { get; }

    /// <summary>Pieces without anything that a transport would say.</summary>
    public PsRig Feed(params IEnumerable<byte[]> pieces)
    {
        foreach (var piece in pieces)
            Receiver.Add(piece, new(null, false, false, _nowUs));
        return this;
    }

    /// <summary>A frame in packets of RTP, 40 ms after the last.</summary>
    public PsRig Frame(byte[] frame, uint time, int largest = 1400, bool marker = true, Func<int, bool>? isLost = null)
    {
        _nowUs += 40_000;
        for (int at = 0, number = 0; at < frame.Length; at += largest, number++)
        {
            if (isLost?.Invoke(number) == true)
            {
                Missing = true;
                continue;
            }
            var isLast = at + largest >= frame.Length;
            Receiver.Add(frame.AsSpan(at, Math.Min(largest, frame.Length - at)), new(time, marker && isLast, Missing, _nowUs));
            Missing = false;
        }
        return this;
    }

    public bool Missing { get; set; }

    public PsRig End()
    {
        Receiver.Flush();
        return this;
    }

    public void Advance(long us) => Receiver.Expire(_nowUs += us);

    public void Dispose() => Receiver.Dispose();

    /// <summary>All units, a line each: kind, time, bytes.</summary>
    public string Text => string.Join('\n', Sink.Units.Select(unit =>
        $"{unit.Track.Codec} {unit.Pts}{(unit.IsSync ? " sync" : "")}{(unit.LossBefore ? " loss" : "")} {(unit.Track.IsVideo ? string.Join(' ', unit.NalUnits.Select(Convert.ToHexString)) : Convert.ToHexString(unit.Bytes))}"));

    public static string TextOf(params IEnumerable<byte[]> pieces)
    {
        using var rig = new PsRig();
        return rig.Feed(pieces).End().Text;
    }
}
