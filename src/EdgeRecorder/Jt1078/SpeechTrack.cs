using EdgeRecorder.Audio;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>Speech that MP4 does not carry becomes AAC, or A-law where there is no encoder (DESIGN section 8).</summary>
internal sealed class SpeechTrack : IDisposable
{
    /// <summary>What is heard of it, and how it is stored without an encoder.</summary>
    public static readonly Track Heard = new() { Codec = Codec.G711A, TimeScale = 8000, ChannelCount = 1 };

    private readonly PayloadWriter _writer = new(ChunkPool.Audio);
    private readonly Action<AccessUnit> _units;
    private readonly AacFrame _frame;
    private ISpeechCoder? _coder;
    private byte[] _law = [];
    private long _arrivalUs;
    private bool _lossBefore;

    /// <param name="coder">Null: there is none.</param>
    /// <param name="units">Takes what comes of it, with its payload.</param>
    public SpeechTrack(ISpeechCoder? coder, Action<AccessUnit> units)
    {
        (_coder, _units) = (coder, units);
        _frame = (time, bytes) => Deliver(_coder!.Track, time, bytes);
    }

    /// <param name="time">Of the first sample, on <see cref="Heard"/>'s clock.</param>
    public void Add(ReadOnlySpan<short> samples, long time, long arrivalUs, bool lossBefore)
    {
        (_arrivalUs, _lossBefore) = (arrivalUs, _lossBefore || lossBefore);
        if (_coder?.TryAdd(time, samples, _frame) == true)
            return;
        _coder?.Dispose();
        _coder = null;
        if (_law.Length < samples.Length)
            _law = new byte[samples.Length];
        G711.EncodeALaw(samples, _law);
        Deliver(Heard, time, _law.AsSpan(0, samples.Length));
    }

    public void Dispose()
    {
        _coder?.Dispose();
        _writer.Dispose();
    }

    private void Deliver(Track track, long time, ReadOnlySpan<byte> bytes)
    {
        _writer.Write(bytes);
        _units(new AccessUnit { Track = track, Pts = time, IsSync = true, Payload = _writer.Take(), ArrivalUs = _arrivalUs, LossBefore = _lossBefore });
        _lossBefore = false;
    }
}
