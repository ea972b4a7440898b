using System.Numerics;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>
/// Encodes 8 kHz samples as ITU-T G.726 of 16, 24, 32 or 40 kbit/s. ffmpeg's encoder lets the zeros of the predictor fade at 40 kbit/s as fast as at the other
/// rates (2^-8 instead of 2^-9, block UPB), so that decoders by the recommendation lose 25 dB with it; devices do not do that.
/// </summary>
/// <param name="bits">Of a code word: 2 to 5.</param>
/// <param name="fade">Shift of UPB, to compare with others; the recommendation's when left out.</param>
internal sealed class G726Encoder(int bits, int? fade = null)
{
    private static readonly int[][] _decisions =
    [
        [261],
        [8, 218, 331],
        [-124, 80, 178, 246, 300, 349, 400],
        [-122, -16, 68, 139, 198, 250, 298, 339, 378, 413, 445, 475, 502, 528, 553],
    ];

    private static readonly int[][] _levels =
    [
        [116, 365],
        [-2048, 135, 273, 373],
        [-2048, 4, 135, 213, 273, 323, 373, 425],
        [-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
    ];

    private static readonly int[][] _multipliers =
    [
        [-22, 439],
        [-4, 30, 137, 582],
        [-12, 18, 41, 64, 112, 198, 355, 1122],
        [14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696],
    ];

    private static readonly int[][] _rates =
    [
        [0, 7],
        [0, 1, 2, 7],
        [0, 0, 0, 1, 1, 1, 3, 7],
        [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6],
    ];

    private readonly int _fade = fade ?? (bits == 5 ? 9 : 8);
    private readonly int[] _zeros = new int[6];
    private readonly Short[] _differences = [.. Enumerable.Repeat(Short.Of(0, false), 6)];
    private readonly Short[] _signals = [Short.Of(0, false), Short.Of(0, false)];
    private readonly bool[] _signs = new bool[2];
    private int _pole1, _pole2;
    private int _fast = 544, _slow = 34816, _shortMean, _longMean, _speed;
    private bool _isTone;

    /// <summary>Packs the code words of a frame; a frame of whole bytes, as 8 samples are at every rate.</summary>
    /// <param name="lowFirst">The earlier code in the low bits (RFC 3551) instead of the high ones (AAL2).</param>
    public byte[] Encode(ReadOnlySpan<short> samples, bool lowFirst)
    {
        var packed = new byte[samples.Length * bits / 8];
        for (var i = 0; i < samples.Length; i++)
        {
            var code = Code(samples[i] >> 2);
            for (var bit = 0; bit < bits; bit++)
            {
                var at = i * bits + bit;
                var value = lowFirst ? code >> bit & 1 : code >> (bits - 1 - bit) & 1;
                packed[at / 8] |= (byte)(value << (lowFirst ? at % 8 : 7 - at % 8));
            }
        }
        return packed;
    }

    private int Code(int sample)
    {
        var zeros = 0;
        for (var i = 0; i < 6; i++)
            zeros += Product(_zeros[i], _differences[i]);
        var estimate = zeros + Product(_pole1, _signals[0]) + Product(_pole2, _signals[1]) >> 1;
        var scale = ScaleFactor();

        // LOG, SUBTB, QUAN
        var difference = sample - estimate;
        var size = Math.Abs(difference);
        var exponent = Length(size >> 1);
        var log = (exponent << 7) + ((size << 7 >> exponent) & 0x7F) - (scale >> 2);
        var magnitude = 0;
        foreach (var decision in _decisions[bits - 2])
            magnitude += log >= decision ? 1 : 0;
        var isNegative = difference < 0;
        var ones = (1 << bits) - 1;
        var code = isNegative ? ones - magnitude : magnitude == 0 && bits != 2 ? ones : magnitude;

        Adapt(code > ones >> 1, magnitude, scale, estimate, zeros >> 1);
        return code;
    }

    private int ScaleFactor()
    {
        if (_speed >= 256)
            return _fast;
        var slow = _slow >> 6;
        var apart = _fast - slow;
        var share = _speed >> 2;
        return slow + (apart > 0 ? apart * share >> 6 : apart < 0 ? apart * share + 0x3F >> 6 : 0);
    }

    private void Adapt(bool isNegative, int magnitude, int scale, int estimate, int zeros)
    {
        var log = _levels[bits - 2][magnitude] + (scale >> 2);
        var size = log < 0 ? 0 : (0x80 + (log & 0x7F) << 7) >> (14 - (log >> 7 & 15));
        var signal = isNegative ? estimate - size : estimate + size;
        var partial = signal - estimate + zeros;
        var sign = partial < 0;

        var whole = _slow >> 15;
        var threshold = whole > 9 ? 31 << 10 : 32 + (_slow >> 10 & 31) << whole;
        var isTransition = _isTone && size > threshold + (threshold >> 1) >> 1;

        _fast = Math.Clamp(scale + ((_multipliers[bits - 2][magnitude] << 5) - scale >> 5), 544, 5120);
        _slow += _fast + (-_slow >> 6);
        if (isTransition)
        {
            (_pole1, _pole2) = (0, 0);
            Array.Clear(_zeros);
        }
        else
        {
            AdaptPredictor(partial, sign, size, isNegative);
        }

        for (var i = 5; i > 0; i--)
            _differences[i] = _differences[i - 1];
        _differences[0] = Short.Of(size, isNegative);
        (_signals[1], _signals[0]) = (_signals[0], Short.Of(Math.Abs(signal), signal < 0));
        (_signs[1], _signs[0]) = (_signs[0], sign);
        _isTone = !isTransition && _pole2 < -11776;

        var rate = _rates[bits - 2][magnitude] << 9;
        _shortMean += rate - _shortMean >> 5;
        _longMean += (rate << 2) - _longMean >> 7;
        var isUnsteady = scale < 1536 || _isTone || Math.Abs((_shortMean << 2) - _longMean) >= _longMean >> 3;
        _speed = isTransition ? 256 : _speed + ((isUnsteady ? 0x200 : 0) - _speed >> 4);
    }

    private void AdaptPredictor(int partial, bool sign, int size, bool isNegative)
    {
        var second = _pole2 - (_pole2 >> 7);
        if (partial != 0)
        {
            var turn = sign == _signs[0] ? -_pole1 : _pole1;
            second += turn < -8191 ? -0x100 : turn > 8191 ? 0xFF : turn >> 5;
            second = Math.Clamp(second + (sign == _signs[1] ? 0x80 : -0x80), -12288, 12288);
        }
        _pole2 = second;
        _pole1 -= _pole1 >> 8;
        if (partial != 0)
            _pole1 += sign == _signs[0] ? 192 : -192;
        _pole1 = Math.Clamp(_pole1, second - 15360, 15360 - second);
        for (var i = 0; i < 6; i++)
        {
            _zeros[i] -= _zeros[i] >> _fade;
            if (size != 0)
                _zeros[i] += isNegative == _differences[i].IsNegative ? 128 : -128;
        }
    }

    private static int Product(int coefficient, Short value)
    {
        var factor = coefficient >> 2;
        var size = factor > 0 ? factor : -factor & 0x1FFF;
        var exponent = Length(size) - 6;
        var mantissa = size == 0 ? 32 : exponent >= 0 ? size >> exponent : size << -exponent;
        var shift = exponent + value.Exponent - 13;
        var product = mantissa * value.Mantissa + 0x30 >> 4;
        var result = shift >= 0 ? product << shift & 0x7FFF : product >> -shift;
        return factor < 0 != value.IsNegative ? -result : result;
    }

    private static int Length(int value) => 32 - BitOperations.LeadingZeroCount((uint)value);

    /// <summary>The recommendation's floating point: sign, 4 bits of exponent, 6 of mantissa.</summary>
    private readonly record struct Short(bool IsNegative, int Exponent, int Mantissa)
    {
        public static Short Of(int size, bool isNegative) => size == 0 ? new(isNegative, 0, 32) : new(isNegative, Length(size), size << 6 >> Length(size));
    }
}
