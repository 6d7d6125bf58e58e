# client sees: connects
echo "Installing dependencies..."
sleep 0.3
exec node "$(dirname "$0")/support/minimal-stdio.mjs"
