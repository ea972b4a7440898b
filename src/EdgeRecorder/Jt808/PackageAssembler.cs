namespace EdgeRecorder.Jt808;

/// <summary>What became of a package.</summary>
internal enum PackageOutcome
{
    /// <summary>Kept, or known already; others are missing.</summary>
    Waiting,

    /// <summary>It was the last one missing.</summary>
    Complete,

    /// <summary>Its numbers cannot be meant; its message is given up.</summary>
    Refused,

    /// <summary>There is no memory for it now.</summary>
    NoRoom,
}

/// <summary>
/// Puts sub-packaged messages of one connection together. Packages of a message have consecutive serial numbers, so the serial of package 1 tells messages
/// of the same ID apart, also when they overlap. Not for two threads at a time.
/// </summary>
internal sealed class PackageAssembler(AssemblyBudget budget)
{
    public const int MostPackages = 512, MostGroups = 4, MostBytes = 1024 * 1024, MostRequests = 5;
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10), Longest = TimeSpan.FromSeconds(60);

    private const int SliceOverhead = 32;                   // an array's own; the reference to it is charged with the group

    private readonly List<Group> _groups = [];
    private readonly Queue<Finished> _finished = [];
    private int _bytes;

    /// <summary>Messages that are given up, since the beginning.</summary>
    public int Dropped { get; private set; }

    /// <summary>Takes a package; copies its slice.</summary>
    /// <param name="nowMs">A monotonic clock.</param>
    /// <param name="body">The whole body, when complete.</param>
    public PackageOutcome Add(in TerminalMessage package, long nowMs, out ReadOnlyMemory<byte> body)
    {
        body = default;
        var first = (ushort)(package.Serial - package.Index + 1);
        var group = Find(package.Id, first);
        if (package.Index == 0 || package.Index > package.Total || package.Total > MostPackages || group is not null && group.Total != package.Total)
        {
            if (group is not null)
                Drop(group);
            return PackageOutcome.Refused;
        }
        if (group is null)
        {
            if (IsFinished(package, first, nowMs))
                return PackageOutcome.Waiting;              // sent once more because our answer was late
            if (Open(package, first, nowMs) is not { } opened)
                return PackageOutcome.NoRoom;
            group = opened;
        }
        group.LastMs = nowMs;
        if (group.Slices[package.Index - 1] is not null)
            return PackageOutcome.Waiting;                  // the first of two wins
        if (!Charge(group, package.Body.Length + SliceOverhead))
        {
            Drop(group);
            return PackageOutcome.NoRoom;
        }
        group.Length += package.Body.Length;
        group.Slices[package.Index - 1] = package.Body.ToArray();
        if (++group.Count < group.Total)
            return PackageOutcome.Waiting;
        body = group.Join();
        Remove(group);
        _finished.Enqueue(new(group.Id, first, group.Total, nowMs));
        if (_finished.Count > MostGroups)
            _finished.Dequeue();
        return PackageOutcome.Complete;
    }

    /// <summary>Gives up what takes too long, and names what is to be asked for again.</summary>
    public IEnumerable<T8003MissingPackages> Tick(long nowMs)
    {
        for (var i = _groups.Count - 1; i >= 0; i--)
        {
            var group = _groups[i];
            var isSilent = nowMs - group.LastMs >= Silence.TotalMilliseconds;
            if (nowMs - group.BeganMs >= Longest.TotalMilliseconds || isSilent && group.Requests == MostRequests)
                Drop(group);
            else if (isSilent)
            {
                group.Requests++;
                group.LastMs = nowMs;
                yield return new(group.FirstSerial, group.Missing());
            }
        }
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        while (_groups.Count > 0)
            Drop(_groups[^1]);
    }

    private Group? Find(ushort id, ushort first) => _groups.Find(group => group.Id == id && group.FirstSerial == first);

    private bool IsFinished(in TerminalMessage package, ushort first, long nowMs)
    {
        foreach (var finished in _finished)
            if (finished.Id == package.Id && finished.FirstSerial == first && finished.Total == package.Total && nowMs - finished.AtMs < Longest.TotalMilliseconds)
                return true;
        return false;
    }

    private Group? Open(in TerminalMessage package, ushort first, long nowMs)
    {
        if (_groups.Count == MostGroups)
            Drop(_groups.MinBy(g => g.LastMs)!);
        var group = new Group(package.Id, first, package.Total, nowMs);
        _groups.Add(group);
        if (Charge(group, group.Total * IntPtr.Size))
            return group;
        Drop(group);
        return null;
    }

    private bool Charge(Group group, int bytes)
    {
        if (_bytes + bytes > MostBytes || !budget.TryTake(bytes))
            return false;
        _bytes += bytes;
        group.Charged += bytes;
        return true;
    }

    private void Drop(Group group)
    {
        Dropped++;
        Remove(group);
    }

    private void Remove(Group group)
    {
        _groups.Remove(group);
        _bytes -= group.Charged;
        budget.Return(group.Charged);
    }

    private readonly record struct Finished(ushort Id, ushort FirstSerial, ushort Total, long AtMs);

    private sealed class Group(ushort id, ushort firstSerial, ushort total, long nowMs)
    {
        public ushort Id => id;
        public ushort FirstSerial => firstSerial;
        public ushort Total => total;
        public byte[]?[] Slices { get; } = new byte[]?[total];
        public long BeganMs { get; } = nowMs;
        public long LastMs { get; set; } = nowMs;
        public int Count { get; set; }
        public int Length { get; set; }
        public int Charged { get; set; }
        public int Requests { get; set; }

        public byte[] Join()
        {
            var body = new byte[Length];
            var at = 0;
            foreach (var slice in Slices)
            {
                slice!.CopyTo(body, at);
                at += slice.Length;
            }
            return body;
        }

        public List<ushort> Missing()
            => [.. Enumerable.Range(1, total).Where(index => Slices[index - 1] is null).Take(T8003MissingPackages.MostIndexes).Select(index => (ushort)index)];
    }
}

/// <summary>Memory for incomplete messages of all terminals together.</summary>
internal sealed class AssemblyBudget(int most)
{
    private int _taken;

    public int Taken => Volatile.Read(ref _taken);

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= most)
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
