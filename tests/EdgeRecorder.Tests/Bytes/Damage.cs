namespace EdgeRecorder.Tests.Bytes;

/// <summary>Seeded damage: the same 20,000 wrecks in every run.</summary>
internal static class Damage
{
    public const int Rounds = 20_000;

    /// <summary>Copies of <paramref name="original"/> with some bytes changed, cut out, doubled or cut off. The array is reused.</summary>
    public static IEnumerable<byte[]> Of(byte[] original, int rounds = Rounds, int seed = 2326)
    {
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var copy = original.ToList();
            for (var hits = random.Next(1, 5); hits > 0 && copy.Count > 0; hits--)
            {
                var at = random.Next(copy.Count);
                switch (random.Next(5))
                {
                    case 0: copy[at] = (byte)random.Next(256); break;
                    case 1: copy[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: copy.RemoveRange(at, Math.Min(random.Next(1, 9), copy.Count - at)); break;
                    case 3: copy.InsertRange(at, copy.GetRange(at, Math.Min(random.Next(1, 9), copy.Count - at))); break;
                    default: copy.RemoveRange(at, copy.Count - at); break;
                }
            }
            yield return [.. copy];
        }
    }
}
