namespace EdgeRecorder.Storage;

/// <summary>
/// Shows from outside which piece of work a thread is at: the number grows when a piece begins and when it ends, and is odd in between. A thread that
/// hangs in a call of the kernel cannot say so itself. Nothing is measured here: who looks at it sees the same odd number again.
/// </summary>
/// <param name="name">What the owner reads when it stands.</param>
internal sealed class WorkMark(string name)
{
    private long _number;

    public string Name => name;
    public long Number => Volatile.Read(ref _number);

    /// <summary>A piece of work, until it is disposed. One at a time: who begins is the mark's thread, or holds its lock.</summary>
    public Piece Begin()
    {
        Volatile.Write(ref _number, _number + 1);
        return new(this);
    }

    public static bool IsAtWork(long number) => (number & 1) != 0;

    public readonly ref struct Piece(WorkMark mark)
    {
        public void Dispose() => Volatile.Write(ref mark._number, mark._number + 1);
    }
}
