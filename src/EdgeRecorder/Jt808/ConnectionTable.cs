using System.Net;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>
/// All connections: those that have not authenticated, in the order they came, and the terminals. A full table closes an old stranger and takes the new one, since the new one
/// may be a terminal we know; who is approved is never shut out by those who are not.
/// </summary>
internal sealed class ConnectionTable(TerminalServerOptions options)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TerminalConnection> _pending = [];
    private readonly Dictionary<SimNumber, Terminal> _terminals = [];
    private readonly Dictionary<IPAddress, int> _perSource = [];

    public int Pending { get { lock (_lock) return _pending.Count; } }

    public int Count { get { lock (_lock) return _terminals.Count; } }

    public Terminal? Find(SimNumber sim)
    {
        lock (_lock)
            return _terminals.GetValueOrDefault(sim);
    }

    public List<Terminal> Terminals()
    {
        lock (_lock)
            return [.. _terminals.Values];
    }

    public void CopyTo(List<TerminalConnection> target)
    {
        lock (_lock)
        {
            target.AddRange(_pending);
            foreach (var terminal in _terminals.Values)
                target.Add(terminal.Connection);
        }
    }

    /// <summary>Takes a new connection; returns the one that has to make room for it.</summary>
    public TerminalConnection? Add(TerminalConnection connection)
    {
        lock (_lock)
        {
            connection.Place = _pending.AddLast(connection);
            if (_pending.Count <= options.MostPending)
                return null;
            var oldest = Oldest();
            Leave(oldest);                                  // now, or the next one would choose it again
            return oldest;
        }
    }

    /// <summary>Those that are too many from their address, the oldest.</summary>
    public void CopyExcess(List<TerminalConnection> target, long nowMs)
    {
        lock (_lock)
        {
            _perSource.Clear();
            for (var node = _pending.Last; node is not null; node = node.Previous)
            {
                var connection = node.Value;
                if (connection.IsKnown)
                    continue;
                var count = _perSource.GetValueOrDefault(connection.Remote.Address) + 1;
                _perSource[connection.Remote.Address] = count;
                if (count > options.MostPendingPerSource && nowMs - connection.AcceptedMs > options.Grace.TotalMilliseconds)
                    target.Add(connection);
            }
        }
    }

    /// <summary>Makes a pending connection a terminal. False when there are too many; nothing has changed then.</summary>
    /// <param name="displaced">The connection that ends for it: the same terminal's earlier one, or one that waits for approval.</param>
    public bool TryEnter(Terminal terminal, out Terminal? displaced)
    {
        lock (_lock)
        {
            if (!_terminals.TryGetValue(terminal.Sim, out displaced) && !HasRoom(terminal, out displaced))
                return false;
            if (displaced is not null)
                _terminals.Remove(displaced.Sim);
            Leave(terminal.Connection);
            _terminals.Add(terminal.Sim, terminal);
            return true;
        }
    }

    public void Remove(TerminalConnection connection)
    {
        lock (_lock)
        {
            Leave(connection);
            if (connection.Terminal is { } terminal && _terminals.TryGetValue(terminal.Sim, out var current) && current == terminal)
                _terminals.Remove(terminal.Sim);
        }
    }

    private bool HasRoom(Terminal terminal, out Terminal? displaced)
    {
        displaced = null;
        if (terminal.Admission == Admission.Waiting)
            return _terminals.Count < options.MostTerminals && _terminals.Values.Count(other => other.Admission == Admission.Waiting) < options.MostWaiting;
        if (_terminals.Count < options.MostTerminals)
            return true;
        displaced = _terminals.Values.FirstOrDefault(other => other.Admission == Admission.Waiting);
        return displaced is not null;
    }

    /// <summary>The oldest that has said nothing; else the oldest that is not of an approved terminal; else the oldest.</summary>
    private TerminalConnection Oldest()
        => _pending.FirstOrDefault(c => !c.HasSpoken) ?? _pending.FirstOrDefault(c => !c.IsKnown) ?? _pending.First!.Value;

    private void Leave(TerminalConnection connection)
    {
        if (connection.Place is { } place)
            _pending.Remove(place);
        connection.Place = null;
    }
}
