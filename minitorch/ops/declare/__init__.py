"""How operators are declared. Read ``operator`` first: it is chapter one."""

from minitorch.ops.declare.operator import OperatorFunction as OperatorFunction
from minitorch.ops.declare.operator import operator as operator
from minitorch.ops.declare.pointwise import pointwise as pointwise
from minitorch.ops.declare.view import view as view
