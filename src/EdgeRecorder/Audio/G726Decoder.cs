using System.Numerics;

namespace EdgeRecorder.Audio;

/// <summary>
/// ITU-T G.726 decoder, 16 to 40 kbit/s, up to and with the reconstructed signal (4.2 without the conversion to G.711 and its synchronous coding adjustment,
/// which serves tandem connections only). Blocks are named as in the recommendation. One instance per stream; its state runs on from packet to packet.
/// </summary>
internal sealed class G726Decoder
{
    // Per magnitude of the code word: log2 of the normalised difference (tables 1 to 4), scale factor multiplier W (table 5), rate of change F (table 6).
    private static readonly Tables[] OfRate =
    [
        new([116, 365], [-22, 439], [0, 7]),
        new([-2048, 135, 273, 373], [-4, 30, 137, 582], [0, 1, 2, 7]),
        new([-2048, 4, 135, 213, 273, 323, 373, 425], [-12, 18, 41, 64, 112, 198, 355, 1122], [0, 0, 0, 1, 1, 1, 3, 7]),
        new([-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
            [14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6]),
    ];

    private readonly int _bits;
    private readonly Tables _tables;
    private readonly int[] _b = new int[6];                 // zeros of the predictor
    private readonly Float[] _dq = new Float[6];            // quantized differences before
    private int _a1, _a2;                                   // its poles
    private Float _sr1, _sr2;                               // reconstructed samples before
    private bool _pk1, _pk2;                                // signs of the partially reconstructed ones
    private int _yu = 544, _yl = 34816;                     // fast and slow scale factor
    private int _dms, _dml;                                 // short- and long-term mean of F
    private int _ap;                                        // speed control
    private bool _td;                                       // a tone was found
    private double _difference, _signal;

    /// <param name="bits">Of a code word: 2 to 5, for 16, 24, 32 and 40 kbit/s.</param>
    public G726Decoder(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 5);
        (_bits, _tables) = (bits, OfRate[bits - 2]);
        Array.Fill(_dq, Float.Zero);
        (_sr1, _sr2) = (Float.Zero, Float.Zero);
    }

    /// <summary>Energy of what the predictor did not foresee, and of the signal, since the last call; never 0.</summary>
    public (double Difference, double Signal) TakeEnergy()
    {
        var energy = (_difference + 1, _signal + 1);
        (_difference, _signal) = (0, 0);
        return energy;
    }

    /// <summary>Decodes one packet. Bits that are left over at its end carry nothing.</summary>
    /// <returns>Samples written.</returns>
    public int Decode(ReadOnlySpan<byte> codes, bool firstIsLowest, Span<short> target)
    {
        var (buffer, held, count) = (0u, 0, 0);
        foreach (var value in codes)
        {
            buffer = firstIsLowest ? buffer | (uint)value << held : buffer << 8 | value;
            held += 8;
            while (held >= _bits)
            {
                held -= _bits;
                var code = firstIsLowest ? buffer : buffer >> held;
                if (firstIsLowest)
                    buffer >>= _bits;
                var (sample, dq) = Next((int)code & (1 << _bits) - 1);
                _difference += (double)dq * dq;
                _signal += (double)sample * sample;
                target[count++] = (short)Math.Clamp(sample * 4, short.MinValue, short.MaxValue);
            }
        }
        return count;
    }

    private (int Sample, int Difference) Next(int code)
    {
        var isNegative = code >> _bits - 1 != 0;
        var magnitude = isNegative ? ~code & (1 << _bits - 1) - 1 : code;

        // FMULT, ACCUM: what the predictor expects.
        var zeros = 0;
        for (var n = 0; n < 6; n++)
            zeros += Multiply(_b[n], _dq[n]);
        zeros = (short)zeros;
        var sez = zeros >> 1;
        var se = (short)(zeros + Multiply(_a1, _sr1) + Multiply(_a2, _sr2)) >> 1;

        // MIX: the scale factor between its fast and its slow one.
        var al = _ap >= 256 ? 64 : _ap >> 2;
        var dif = _yu - (_yl >> 6);
        var y = (_yl >> 6) + (dif < 0 ? -(-dif * al >> 6) : dif * al >> 6);

        // RECONST, ADDA, ANTILOG, ADDB
        var dql = _tables.Log[magnitude] + (y >> 2);
        var dqMagnitude = dql < 0 ? 0 : (128 + (dql & 127) << 7) >> 14 - (dql >> 7 & 15);
        var dq = isNegative ? -dqMagnitude : dqMagnitude;
        var sr = (short)(se + dq);

        Adapt(magnitude, y, dqMagnitude, isNegative, dq + sez, sr);
        return (sr, dq);
    }

    private void Adapt(int magnitude, int y, int dqMagnitude, bool isNegative, int p, int sr)
    {
        // TRANS: a tone that changes suddenly (a modem's) resets the predictor.
        var exponent = _yl >> 15;
        var threshold = exponent > 9 ? 31 << 10 : 32 + (_yl >> 10 & 31) << exponent;
        var isTransition = _td && dqMagnitude > threshold + (threshold >> 1) >> 1;

        // UPA2, LIMC, UPA1, LIMD, UPB
        var sign = p < 0;
        var a2 = _a2 - (_a2 >> 7);
        if (p != 0)
        {
            var fa1 = sign == _pk1 ? -_a1 : _a1;
            a2 += fa1 < -8191 ? -256 : fa1 > 8191 ? 255 : fa1 >> 5;
            a2 += sign == _pk2 ? 128 : -128;
        }
        a2 = Math.Clamp(a2, -12288, 12288);
        var a1 = _a1 - (_a1 >> 8) + (p == 0 ? 0 : sign == _pk1 ? 192 : -192);
        a1 = Math.Clamp(a1, a2 - 15360, 15360 - a2);
        for (var n = 0; n < 6; n++)
        {
            _b[n] -= _b[n] >> (_bits == 5 ? 9 : 8);
            if (dqMagnitude != 0)
                _b[n] += isNegative == _dq[n].IsNegative ? 128 : -128;
        }
        (_a1, _a2) = (a1, a2);
        if (isTransition)
        {
            (_a1, _a2) = (0, 0);
            Array.Clear(_b);
        }

        // FLOATA, FLOATB, delays
        for (var n = 5; n > 0; n--)
            _dq[n] = _dq[n - 1];
        _dq[0] = Float.Of(dqMagnitude, isNegative);
        (_sr2, _sr1) = (_sr1, Float.Of(Math.Abs(sr) & 0x7FFF, sr < 0));
        (_pk2, _pk1) = (_pk1, sign);

        // TONE, FUNCTF, FILTA, FILTB, SUBTC, FILTC, TRIGA
        _td = !isTransition && a2 < -11776;
        var f = _tables.Change[magnitude];
        _dms += (f << 9) - _dms >> 5;
        _dml += (f << 11) - _dml >> 7;
        var isUnsteady = y < 1536 || _td || Math.Abs((_dms << 2) - _dml) >= _dml >> 3;
        _ap = isTransition ? 256 : _ap + ((isUnsteady ? 512 : 0) - _ap >> 4);

        // FUNCTW, FILTD, LIMB, FILTE
        _yu = Math.Clamp(y + ((_tables.Scale[magnitude] << 5) - y >> 5), 544, 5120);
        _yl += _yu + (-_yl >> 6);
    }

    /// <summary>FMULT: a coefficient times a delayed value, in the recommendation's short floating point.</summary>
    private static int Multiply(int coefficient, Float value)
    {
        var magnitude = Math.Abs(coefficient >> 2);
        var exponent = BitLength(magnitude);
        var mantissa = magnitude == 0 ? 32 : magnitude << 6 >> exponent;
        var sum = exponent + value.Exponent;
        var product = mantissa * value.Mantissa + 48 >> 4;
        var result = sum <= 26 ? product << 7 >> 26 - sum : product << 7 << sum - 26 & 0x7FFF;
        return coefficient < 0 != value.IsNegative ? -result : result;
    }

    private static int BitLength(int value) => 32 - BitOperations.LeadingZeroCount((uint)value);

    private readonly record struct Float(bool IsNegative, int Exponent, int Mantissa)
    {
        public static readonly Float Zero = new(false, 0, 32);

        public static Float Of(int magnitude, bool isNegative)
            => BitLength(magnitude) is var exponent && magnitude == 0 ? new(isNegative, 0, 32) : new(isNegative, exponent, magnitude << 6 >> exponent);
    }

    private sealed record Tables(int[] Log, int[] Scale, int[] Change);
}
