namespace EdgeRecorder.Simulators;

/// <summary>Executes the lines of the control port and the fault switches of the command line.</summary>
/// <param name="peers">Whom momentary commands act on.</param>
/// <param name="momentary">Commands that happen once and set nothing: they have no meaning before somebody is there.</param>
internal abstract class Commands(string peers, params string[] momentary)
{
    /// <summary>Sets a fault before anything else happens.</summary>
    public void ExecuteAtStart(string line)
    {
        var name = line.Split(' ')[0];
        if (momentary.Contains(name))
            throw new UsageException($"--{name} acts on {peers} that are there: use the control port");
        var answer = Execute(line);
        if (answer != "ok")
            throw new UsageException($"--{line}: {answer}");
    }

    /// <summary>Returns <c>ok</c>, one line of JSON, or <c>error …</c>.</summary>
    public string Execute(string line)
    {
        if (Command.Parse(line) is not { } command)
            return "error: empty command";
        try
        {
            return Execute(command);
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            return $"error: {command.Name} does not take '{string.Join(' ', command.Values)}'";
        }
    }

    protected abstract string Execute(Command command);
}
