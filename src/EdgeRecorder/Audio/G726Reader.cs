namespace EdgeRecorder.Audio;

/// <summary>A stream of G.726 packets whose packing nobody tells.</summary>
/// <remarks>
/// At 24 and 40 kbit/s code words cross bytes. Taken apart in the wrong order they are random numbers: the quantizer grows until it is loud, and the predictor foresees
/// nothing of it. So both are decoded until some tenths of a second of sound were heard, and what is quieter and more predictable is right; this was right for speech,
/// tones and noise of every colour. At 16 and 32 kbit/s the wrong order only swaps neighbours, which no statistic that was tried tells from the right one:
/// there it is the setting, else AAL2's, which HiSilicon's samples use, where most terminals stem from.
/// </remarks>
internal sealed class G726Reader
{
    /// <summary>Bytes of one packet: half a second at 40 kbit/s and more.</summary>
    public const int LargestPacket = 4096;

    /// <summary>Below it a packet is silence: mean square of 14-bit samples, some −50 dB of full scale.</summary>
    private const double Silence = 20 * 20;

    /// <summary>Sum of natural logarithms of power ratios; a packet of speech brings 2 to 9.</summary>
    private const double Certain = 20;

    private readonly G726Packing _setting;
    private short[] _other = [];
    private G726Decoder? _aal2;
    private G726Decoder? _rfc3551;
    private int _bits;
    private double _score;                                  // above 0: AAL2

    public G726Reader(G726Packing setting) => _setting = setting;

    /// <summary>The packing, once it is known.</summary>
    public G726Packing Found { get; private set; }

    /// <summary>Decodes one packet; another size of code words begins anew.</summary>
    /// <param name="bits">Of a code word, 2 to 5.</param>
    /// <param name="target">Room for four samples a byte.</param>
    /// <returns>Samples written.</returns>
    public int Decode(ReadOnlySpan<byte> codes, int bits, Span<short> target)
    {
        if (bits != _bits)
            Begin(bits);
        if (_rfc3551 is null)
            return _aal2!.Decode(codes, firstIsLowest: false, target);
        if (_aal2 is null)
            return _rfc3551.Decode(codes, firstIsLowest: true, target);
        var favoursAal2 = _score >= 0;
        var count = _aal2.Decode(codes, firstIsLowest: false, favoursAal2 ? target : _other);
        _rfc3551.Decode(codes, firstIsLowest: true, favoursAal2 ? _other : target);
        Judge(count);
        return count;
    }

    private void Begin(int bits)
    {
        (_bits, _score) = (bits, 0);
        Found = _setting == G726Packing.Auto && bits is 2 or 4 ? G726Packing.Aal2 : _setting;
        _aal2 = Found == G726Packing.Rfc3551 ? null : new(bits);
        _rfc3551 = Found == G726Packing.Aal2 ? null : new(bits);
        if (Found == G726Packing.Auto)
            _other = new short[LargestPacket * 4];
    }

    private void Judge(int samples)
    {
        var (aal2, rfc3551) = (_aal2!.TakeEnergy(), _rfc3551!.TakeEnergy());
        if (samples == 0 || Math.Max(aal2.Signal, rfc3551.Signal) < Silence * samples)
            return;
        _score += Math.Log(aal2.Signal / aal2.Difference) - Math.Log(rfc3551.Signal / rfc3551.Difference);     // what the predictor gains
        _score += Math.Log(rfc3551.Signal / aal2.Signal);
        if (Math.Abs(_score) < Certain)
            return;
        Found = _score > 0 ? G726Packing.Aal2 : G726Packing.Rfc3551;
        (_aal2, _rfc3551, _other) = (_score > 0 ? _aal2 : null, _score > 0 ? null : _rfc3551, []);
    }
}
